# ruff: noqa: E501 - the lines of markup are the lines of the mail
"""The layout of mails: one MJML document in light and dark, for phone and desktop, with the blocks a template may
include.

A template's body goes into the middle; its texts follow the template's locale, its looks the shop's brand (`Look`).
Blocks: `<mj-include path="voucher" />` shows the voucher of the message (`voucher.code`, `voucher.value`,
`voucher.valid_until`), `<mj-include path="divider" />` a thin line. Classes for `mj-class`: `headline`, `title`,
`lead`, `small`. The foot ends with the shop's address and the way out of it, whatever the template says; `<mj-foot>`
in a template replaces its first sentence. Only fonts that every device has are named, so that nothing is loaded.
"""

from collections.abc import Sequence
from html import escape

from django.utils.translation import gettext as _

from .language import Token, lex
from .look import DARK_CARD, DARK_INK, HOUSE, Look


def _dark(look: Look) -> str:
    return f"""
:root {{ color-scheme: light dark; supported-color-schemes: light dark; }}
.rg-body a {{ color: {look.accent}; }}
@media (prefers-color-scheme: dark) {{
  body, .rg-page, .rg-page > table {{ background: #161412 !important; background-color: #161412 !important; }}
  .rg-card, .rg-card > table {{ background: {DARK_CARD} !important; background-color: {DARK_CARD} !important; }}
  .rg-card div, .rg-card td, .rg-card p, .rg-card h1, .rg-shop div, .rg-shop a {{ color: {DARK_INK} !important; }}
  .rg-card .rg-small div, .rg-foot div, .rg-foot a {{ color: #a8a198 !important; }}
  .rg-body a {{ color: {look.dark_accent} !important; }}
  .rg-button a, .rg-button td {{ background: {look.dark_accent} !important; color: {look.on_dark_accent} !important; }}
  .rg-code, .rg-code td {{ background: #2d2824 !important; background-color: #2d2824 !important; border-radius: 10px; }}
  .rg-code > table {{ background: none !important; background-color: transparent !important; }}
  .rg-code .rg-codetext div {{ color: {look.dark_accent} !important; }}
  .rg-line p {{ border-top-color: #3a342f !important; }}
  .rg-plate img {{ background: #ffffff !important; border-radius: 6px; }}
}}
@media only screen and (max-width: 479px) {{
  .rg-headline div {{ font-size: 24px !important; }}
  .rg-button table {{ width: 100% !important; }}
}}
"""


def document(locale: str, look: Look = HOUSE, foot: str | None = None) -> list[Token]:
    """The layout as tokens, in the active language; `body` and `preheader` are slots to include.

    foot: the template's own words of why somebody gets this, as `<mj-foot>` holds them; None for the usual sentence.
    """
    why, leave = _("No more mails like this one? Leaving is free of charge at any time:"), _("Unsubscribe")
    choose = _("Choose topics and how often")
    if foot is not None:
        why = foot
    said = dict(look.footer).get(locale, "")
    own = "".join(f"{escape(line)}<br />" for line in said.splitlines()) + "<br />" if said.strip() else ""
    # An address of nothing but the file: `rendering` knows under which host it lies.
    head = (
        f'<mj-image css-class="rg-plate" src="media:{look.logo}" alt="{{{{ shop.name }}}}" width="{look.logo_width}px" align="left" padding="0 32px" />'
        if look.logo
        else '<mj-text css-class="rg-shop" font-size="19px" font-weight="700" letter-spacing="-0.2px">{{ shop.name }}</mj-text>'
    )
    return _as_layout(f"""<mjml lang="{locale}"><mj-head>
<mj-title>{{{{ shop.name }}}}</mj-title>
<mj-preview><mj-include path="preheader" /></mj-preview>
<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"></mj-raw>
<mj-attributes>
<mj-all font-family="{look.stack}" color="{look.ink}" />
<mj-text font-size="16px" line-height="1.55" padding="8px 32px" css-class="rg-body" />
<mj-section padding="0" />
<mj-image padding="8px 32px" />
<mj-button background-color="{look.accent}" color="{look.on_accent}" font-size="16px" font-weight="600" border-radius="{look.radius}px" inner-padding="14px 28px"
 padding="16px 32px" align="left" css-class="rg-button" />
<mj-divider border-width="1px" border-color="{look.line}" padding="16px 32px" css-class="rg-line" />
<mj-class name="headline" font-size="28px" line-height="1.25" font-weight="700" padding="8px 32px 4px" css-class="rg-headline" />
<mj-class name="title" font-size="20px" line-height="1.3" font-weight="700" padding="8px 32px 4px" />
<mj-class name="lead" font-size="18px" line-height="1.5" />
<mj-class name="small" font-size="13px" line-height="1.5" color="{look.muted}" css-class="rg-small" />
</mj-attributes>
<mj-style>{_dark(look)}</mj-style>
</mj-head><mj-body background-color="{look.paper}" css-class="rg-page" width="600px">
<mj-section padding="28px 0 14px"><mj-column>{head}</mj-column></mj-section>
<mj-wrapper background-color="{look.card}" border-radius="12px" padding="24px 0" css-class="rg-card">
<mj-include path="body" />
</mj-wrapper>
<mj-section padding="18px 0 32px"><mj-column><mj-text font-size="13px" line-height="1.6" color="{look.muted}" css-class="rg-foot">{own}\
{{% if unsubscribe.url %}}{why} \
<a href="{{{{ unsubscribe.url }}}}" style="color:{look.muted};text-decoration:underline;">{leave}</a>\
{{% if preferences.url %}} · <a href="{{{{ preferences.url }}}}" style="color:{look.muted};text-decoration:underline;">{choose}</a>{{% endif %}}\
<br />{{% endif %}}\
{{{{ shop.name }}}}{{% if shop.address %}} · {{{{ shop.address }}}}{{% endif %}}</mj-text></mj-column></mj-section>
</mj-body></mjml>""")


def partials(look: Look = HOUSE) -> dict[str, Sequence[Token]]:
    """The blocks that a template may include, in the active language."""
    # Texts stand outside the markup: what is inside an f-string is not found for translation.
    yours, until = _("Your voucher"), _("Valid until")
    return {
        "divider": _as_layout("<mj-section><mj-column><mj-divider /></mj-column></mj-section>"),
        "voucher": _as_layout(voucher(look, yours, until)),
    }


def voucher(look: Look, yours: str, until: str) -> str:
    """The voucher of the message as a section, shown only where there is one."""
    return f"""{{% if voucher.code %}}<mj-section padding="12px 32px"><mj-column background-color="{look.paper}" border-radius="10px" \
padding="16px 0" css-class="rg-code"><mj-text align="center" font-size="14px" padding="0 16px">{yours}\
{{% if voucher.value %}}: <b>{{{{ voucher.value }}}}</b>{{% endif %}}</mj-text>
<mj-text align="center" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="24px" font-weight="700" \
letter-spacing="2px" color="{look.accent}" padding="6px 16px" css-class="rg-codetext">{{{{ voucher.code }}}}</mj-text>
{{% if voucher.valid_until %}}<mj-text align="center" mj-class="small" padding="0 16px">{until} {{{{ voucher.valid_until }}}}\
</mj-text>{{% endif %}}</mj-column></mj-section>{{% endif %}}"""


def _as_layout(source: str) -> list[Token]:
    """Tokens of our own source: line 0, so that a problem is never looked for in the author's lines."""
    return [Token(token.kind, token.body, 0) for token in lex(source)]
