"""Words by which mail servers say why a mail came back, in the languages in which they say it.

DEAD: the address or its host is unknown, moved, closed or switched off. HINDERED: it was there, and something else stood
in the way (full, too large, unwelcome, forbidden). UNWELCOME: of these, what lies in the mail or its sender. PASSING: it may go better later. Kept as text, joined once.
"""

import re

# ruff: noqa: E501, ISC004
# A phrase a line reads better than phrases that are broken to fit.

_WHO = (
    r"(?:users?|recipients?|addressees?|mail ?box(?:es)?|mailboxes|accounts?|e-?mail addresse?s?|mail addresse?s?"
    r"|addresse?s?|alias(?:es)?|userid|local part|person|customer|subscriber)"
)
_GONE = (
    r"(?:unknown|not known|isn'?t known|not found|couldn'?t be found|could not be found|wasn'?t found|was not found"
    r"|cannot be found|can'?t be found|does ?n[o']t exists?|doesn'?t exist|do not exist|don'?t exist|not exist(?:ing)?|non-?existent"
    r"|no longer (?:valid|exists?|active|available|in use|in service|used|here|works?|employed|accept\w*)"
    r"|not recogni[sz]ed|not listed|not registered|not local|is wrong|unavailable or not local"
    r"|(?:is|are|was|were|has been|have been|been|account|currently)? ?(?:disabled|deactivated|de-?activated|discontinued|closed"
    r"|deleted|terminated|expired|inactive|cancell?ed|removed)\b)"
)
_BETWEEN = r"(?:[^.\n]|\.(?=\S)|\n(?!\s*\n)){0,60}?"

_DEAD = (
    rf"\b{_WHO}\b{_BETWEEN}\b{_GONE}",
    r"\b(?:unknown|no such|nonexistent|non-existent|illegal|invalid|bad destination|bad)\s+(?:or illegal )?(?:local[ -])?"
    r"(?:e-?mail |mail |smtp |final delivery |destination |system |virtual )?"
    r"(?:users?|recipients?|addressees?|mail ?box|account|address|alias|userid|user ?name|local part|person|persons?|domain|host|name)\b",
    r"\bunknown (?:host|domain|local-part|rcpt|to address)\b|\bno such (?:e-?mail|rcpt)",
    r"\bno (?:mail ?box|account|user|such user|recipient|one)(?: here)? (?:by|with|of) that name\b|\bno (?:valid|known) recipients?\b",
    r"\bnot (?:an? |our |one of our )?(?:valid|known|local|registered|existing|active|our)"
    r" (?:e-?mail )?(?:users?|mail ?box|recipients?|address|account|customer|subscriber)\b",
    r"\bdoes(?:n'?t| not) have an? \S{1,60} (?:e-?mail )?account\b|\bhas no (?:mail ?box|account)\b|\bno mailbox (?:here|found)\b",
    r"\bno matches to nameserver query\b|\bdoes not have a final e-?mail delivery point\b",
    r"\bdid not exactly match an?\b[^.]{0,40}\be-?mail address\b",
    r"\bnot listed in\b[^.\n]{0,40}\b(?:directory|name & address book)\b",
    r"\brecip(?:ient)?notfound\b|\brecipient name is not recogni[sz]ed\b|\bundeliverable address\b(?!:)",
    r"\b(?:user|recipient|mailbox|subscriber|account|person|addressee|customer)\b[^.\n]{0,30}\b(?:has|have) (?:moved|left)\b"
    r"|\bleft the company\b|\bno longer (?:with|at|employed|work\w*)\b",
    r"\b(?:this|that|the|your) (?:e-?mail |mail )?(?:address|mailbox|account) (?:is )?no longer\b|\bno longer accept(?:s|ing)?\b",
    r"\bno longer (?:on|have an account|has an account)\b|\bunrouteable (?:address|mail domain)\b",
    r"\b(?:host|domain|domain name|hostname)\b(?: \S{1,80})?(?: or domain)?(?: name)?,? (?:(?:is|was|were|could|does|can) ?)?"
    r"(?:not found|unknown|not be found|n[o']t exist|not exist|doesn'?t exist|non-?existent)",
    r"\bdoes not exist\b[^.\n]{0,20}\bdomain\b|\bdomain\b[^.\n]{0,60}\b(?:does not|doesn'?t) exist\b|\bnxdomain\b",
    r"\bnon-?existent (?:hosts?|domain)\b|\bcouldn'?t find any host named\b|\bname or service not known\b",
    r"\bnull ?mx\b|\bdomain\b[^.\n]{0,40}\bdoes not accept (?:e-?)?mail\b|\bdoesn'?t receive mail\b|\bdomain (?:has )?expired\b",
    r"\ball (?:relevant )?mx records point to (?:non-?existent|invalid)\b|\bno mx (?:record )?(?:for|found for) (?:domain|host)\b",
    # German
    r"\b(?:empf(?:ä|ae|a)nger\w*|benutzer\w*|nutzer\w*|e?-?mail-?adresse|adresse|adressat\w*|postfach|mailbox|konto|teilnehmer)\b"
    r"[^.\n]{0,60}\b(?:unbekannt|existiert nicht|existiert hier nicht|nicht gefunden|nicht vorhanden|nicht bekannt|ung(?:ü|ue)ltig"
    r"|nicht existent|deaktiviert|gel(?:ö|oe)scht|geschlossen|stillgelegt|gibt es nicht|nicht mehr (?:g(?:ü|ue)ltig|aktiv|vorhanden|verf\w+))",
    r"\bunbekannte[rsn]? (?:empf\w+|benutzer|nutzer|e?-?mail\w*|adresse)|\bexistiert nicht\b",
    r"\bkeine?n? (?:solche[rsn]? )?(?:benutzer|empf(?:ä|ae)nger|postfach|mailbox)\b|\bdomain (?:existiert nicht|unbekannt)\b",
    # French
    r"\b(?:adresse|utilisateur|destinataire|bo[iî]te|compte|domaine)\b(?:[^.\n]|\n(?!\s*\n)){0,80}?(?:n['’]existe (?:pas|plus)|inconnue?\b"
    r"|introuvable|invalide|n['’]est (?:plus|pas) (?:valide|active?)|d[ée]sactiv[ée]e?|ferm[ée]e?\b|non valide)",
    r"\butilisateur non recens[ée]|\bn['’]existe (?:pas|plus)\b",
    # Spanish, Portuguese, Italian
    r"\b(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n|dominio|correo)\b[^.\n]{0,60}?(?:no existe|desconocid[oa]|no encontrad[oa]"
    r"|inexistente|inv[aá]lid[oa]|desactivad[oa]|deshabilitad[oa]|no es v[aá]lid[oa]|no se (?:ha )?encontr\w+)",
    r"\b(?:usu[aá]rio|destinat[aá]rio|endere[cç]o|conta|caixa(?: postal)?)\b[^.\n]{0,60}?(?:inexistente|desconhecid[oa]|n[aã]o existe"
    r"|n[aã]o (?:foi )?encontrad[oa]|inv[aá]lid[oa]|desativad[oa])",
    r"\b(?:utente|destinatario|indirizzo|casella|account|dominio)\b[^.\n]{0,60}?(?:sconosciut[oa]|inesistente|non esiste|non trovat[oa]"
    r"|non (?:è|e['’]?) (?:più )?(?:valid|attiv)[oa]|disabilitat[oa]|disattivat[oa])",
    # Dutch, Nordic, Polish, Czech
    r"\b(?:gebruiker|ontvanger|(?:e-?mail)?adres|mailbox|postvak)\b[^.\n]{0,50}?(?:onbekend|bestaat niet|niet gevonden|ongeldig)",
    r"\b(?:okänd|ukendt|ukjent|tuntematon)\b[^.\n]{0,40}|\b(?:finns inte|findes ikke|finnes ikke|ei löydy)\b",
    r"(?:użytkownik|adres|skrzynka|konto|odbiorca)[^.\n]{0,50}?(?:nie istnieje|nieznany|nie znaleziono|nieprawidłowy)",
    r"(?:uživatel|adresa|schránka|příjemce)[^.\n]{0,50}?(?:neexistuje|neznám|nenalezen)",
    # Russian, Chinese, Japanese
    r"(?:пользовател|адрес|ящик|получател|домен)\w*[^.\n]{0,60}?(?:не найден|не существует|неизвест|отключ[её]н|удал[её]н|недействител)",
    r"(?:нет такого|неизвестный) (?:пользовател|адрес|получател)",
    r"(?:用户|用戶|收件人|邮箱|邮件地址|收信人|收件者|帐号|账号|帳號|地址|域名)[^。\n]{0,20}(?:不存在|未找到|找不到|无效|無效|已停用|注销|被禁用|不正确)",
    r"(?:無此|查无此|没有此|无此|沒有此)(?:用户|用戶|帳號|帐号|人|使用者|收件人)",
    r"(?:ユーザ|宛先|メールアドレス|アドレス|ドメイン)[^。\n]{0,30}(?:存在しません|見つかりません|不明|ありません|存在しない)",
)

_FULL = (
    r"\b(?:mail ?box|in-?box|mail ?folder|account|folder|postfach|disk|maildir|directory)\b[^.\n]{0,40}\b(?:full|over ?quota|voll)\b",
    r"\bfull (?:mailbox|inbox)\b|\bover\s?-?(?:its |the |their |disk )?(?:quota|limit)\b|\bquota\b|diskquota",
    r"\bexceed\w*\b[^.\n]{0,40}\b(?:storage|limit|maximum|size|allowed)\b|\bmaximum\b[^.\n]{0,30}\bsize\b",
    r"\binsufficient (?:disk |system )?(?:space|storage)|\bnot enough (?:disk |storage |free )?space|\bspace not enough|\btoo much mail\b",
    r"\bout of (?:disk )?space\b|\bno space left\b|\bmailbox size\b|\bsize limit\b|\bmessage size\b|\btoo (?:large|big|long a message)\b",
    r"\bspeicherplatz|\bbo[iî]te[^.\n]{0,20}pleine|\bbuz[oó]n[^.\n]{0,20}llen|\bcasella[^.\n]{0,20}piena|\bcaixa[^.\n]{0,20}cheia|переполнен|已满|已滿|容量|いっぱい",
)

_UNWELCOME = (
    r"\bmessage size\b|\bsize limit\b|\bmaximum (?:incoming |inbound )?message size\b|\btoo (?:large|big)\b",
    r"\bspam\b|\bspamming\b|\bunsolicited\b|\bblack ?-?list|\bblock ?-?list|\bblocked\b|\bbanned\b|\brbl\b|\bdnsbl\b|\bspamhaus\b|\bbarracuda\b",
    r"\bpolic(?:y|ies)\b|\breputation\b|\bdmarc\b|\bspf\b|\bdkim\b|\bvirus\b|\bmalware\b|\bbulk mail\b|\battachments?\b[^.\n]{0,40}\b(?:reject|block|forbid|not allow|prohib|remov)\w*",
    r"\brelay(?:ing)?\b[^.\n]{0,20}\b(?:denied|not permitted|prohibited|not allowed|access)|\bunable to relay|\bcannot relay|\bnot permitted to relay",
    r"\bgr[ae]y-?\s?list|\brate.?limit|\bthrottl|\bat a rate\b|\btoo (?:quickly|fast|frequently)\b|\bauthentication (?:is )?required\b|\bpermission denied\b",
    r"\bsender\b[^.\n]{0,40}\b(?:rejected|denied|verify failed|blocked|not (?:exist|found)|unknown|invalid)|\bnot accepting mail from\b",
    r"\btoo many\b|\bmail(?:er)? ?loop|\bloop(?:ing|s)?\b|\bhops?\b|\bsuspended\b",
)

_PASSING = (
    r"\btemporar|\btry(?:ing)? (?:it )?(?:again )?later|\btry again\b|\bdeferred\b|\bdelayed\b|\bwill be retried\b|\bnot yet been delivered\b",
    r"\btime[ds]?[ -]?out\b|\bconnection (?:was )?(?:refused|reset|lost|dropped|timed)|\bnot respond|\bunreachable\b|\bno route to host\b",
    r"\b(?:unable|can'?t|cannot|could not|couldn'?t|failed) to connect\b|\bcan'?t connect\b|\bgreylist|\bpostponed\b|\bserver (?:is )?(?:busy|unavailable)",
)


def _joined(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in phrases), re.IGNORECASE)


DEAD, HINDERED, PASSING = _joined(_DEAD), _joined(_FULL + _UNWELCOME), _joined(_PASSING)
UNWELCOME = _joined(_UNWELCOME)
UNAVAILABLE = re.compile(r"\bmail ?box (?:is )?(?:currently )?unavailable\b|\bmailbox not available\b", re.IGNORECASE)
"""The words of RFC 5321 for 550, which is the code of addresses that are not there; they also stand with 450, which is not."""

ORIGINAL_BEGINS = re.compile(
    r"(?im)^[ \t>*]*(?:[-=_*|]{2,}[ \t]*(?:(?:the )?(?:header|below|original|copy|this is (?:a|the) copy|message (?:header|body|text)|unsent"
    r"|returned (?:mail|message)|start of returned|included is|forwarded message|attachment is|mensaje original|the body)\b|[^\n\w]{0,6}(?:îéöå|附件))"
    r"|(?:the )?original message (?:follows|headers?|as received)|-+ ?original[- ]message|message headers? follow|returned mail follows"
    r"|included is a copy|here is a copy of|a copy of the original message|your message reads|the first \d+ lines of your"
    r"|below is a copy|a summary of the undelivered|received:[ \t]*(?:from|by)|return-path:|the header of the original|old message:"
    r"|(?:ursprüngliche|original)[- ]?nachricht|message original)"
)

FAILED_SUBJECT = re.compile(
    r"(?i)undeliver(?:ed|able)|non-?deliver|not delivered|could not be delivered|returned mail|mail returned|failure (?:notice|delivery)"
    r"|deliver\w*[ -](?:status|failure|failed|problem|report|error|delayed|warning|has failed|notification)|mail (?:delivery|system) (?:failed|error|fail)"
    r"|mail error|failed mail|message (?:delayed|delivery failure|could not)|delayed mail|processing error|automatically rejected mail"
    r"|unzustellbar|nicht (?:zugestellt|zustellbar)|zustellung|unzustell|non remis|non distribu|échec|no (?:se pudo )?entrega|não entregue"
    r"|mancata consegna|onbestelbaar|не доставлен|退信|無法傳遞|无法送达|配信(?:不能|エラー)"
)

DAEMON = re.compile(
    r"(?i)^(?:mailer-?daemon|mail-?daemon|mail\.delivery\.system|postmaster|mailadm|mdaemon|mail-delivery|mmdf|ndr|bounces?)\b"
)

FAILED_TEXT = re.compile(
    r"(?i)(?:could|can|was|were) ?not (?:be )?(?:deliver|reach)|cannot be delivered|undeliver|delivery[^.\n]{0,60}failed|failed to deliver"
    r"|unable to deliver|did not reach|not delivered|has not (?:yet )?been (?:delivered|collected)|has been delayed|returned (?:mail|to sender)"
    r"|wasn'?t able to deliver|nicht zugestellt|konnte nicht|unzustellbar|pas pu être|no pudo ser|non è stato possibile"
)

AWAY_SUBJECT = re.compile(
    r"(?i)^\s*(?:(?:re|aw|antw|sv|vs|odp)\s*:\s*)?(?:\[?auto(?:matic|matische|matisk|matisch)?(?:ed)?[ -]?(?:reply|response|answer|antwort|antwoord|svar)"
    r"|auto-?re(?:ply|sponder|sponse)|auto:|out[ -]of[ -](?:the[ -])?office|ooo\b|away from (?:the )?(?:office|my mail)|(?:on )?vacation\b|i am (?:currently )?away"
    r"|abwesenheit|abwesend|ich bin (?:derzeit |zurzeit )?nicht|urlaub|au(?:ß|ss)er haus|nicht im (?:büro|haus)|réponse automatique"
    r"|absen(?:ce|t)\b|message d['’]absence|respuesta autom[aá]tica|fuera de (?:la )?oficina|risposta automatica|fuori (?:sede|ufficio)|resposta autom[aá]tica"
    r"|afwezig|autosvar|frånvaro|fravær|automaattinen|automatická odpov|odpowiedź automatyczna|autoodpowiedź|автоответ|автоматический ответ|自动回复|自動回覆|自動返信|自動応答)"
)

AWAY_SUBJECT_END = re.compile(r"(?i)\((?:automatic reply|autoreply|out of office|abwesend)\)\s*$")

QUOTE_BEGINS = re.compile(
    r"(?m)^(?:>.*|On .{5,120} wrote:|Am .{5,120} schrieb.*:|-{2,} ?(?:Original|Ursprüngliche).*|_{10,}|Von: .*|From: .*)$"
)
