# ruff: noqa: E501 - the lines of markup are the lines of the mail
"""The house layout of mails: one MJML document in light and dark, for phone and desktop, with the blocks a template may
include.

A template's body goes into the middle; its texts follow the template's locale. Blocks: `<mj-include path="voucher" />`
shows the voucher of the message (`voucher.code`, `voucher.value`, `voucher.valid_until`), `<mj-include path="divider"
/>` a thin line. Classes for `mj-class`: `headline`, `lead`, `small`. Only fonts that every device has are named, so
that nothing is loaded.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from .language import Token, lex

INK, MUTED, PAPER, CARD, ACCENT, LINE = "#1c1917", "#6b6560", "#f4f1ec", "#ffffff", "#9a3412", "#e7e2da"
FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"

_DARK = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
.rg-body a { color: #9a3412; }
@media (prefers-color-scheme: dark) {
  body, .rg-page, .rg-page > table { background: #161412 !important; background-color: #161412 !important; }
  .rg-card, .rg-card > table { background: #221f1c !important; background-color: #221f1c !important; }
  .rg-card div, .rg-card td, .rg-card p, .rg-card h1, .rg-shop div, .rg-shop a { color: #f1ece5 !important; }
  .rg-card .rg-small div, .rg-foot div, .rg-foot a { color: #a8a198 !important; }
  .rg-body a { color: #fdba74 !important; }
  .rg-button a, .rg-button td { background: #fdba74 !important; color: #1c1917 !important; }
  .rg-code, .rg-code td { background: #2d2824 !important; background-color: #2d2824 !important; border-radius: 10px; }
  .rg-code > table { background: none !important; background-color: transparent !important; }
  .rg-code .rg-codetext div { color: #fdba74 !important; }
  .rg-line p { border-top-color: #3a342f !important; }
}
@media only screen and (max-width: 479px) {
  .rg-headline div { font-size: 24px !important; }
  .rg-button table { width: 100% !important; }
}
"""


def document(locale: str) -> list[Token]:
    """The layout as tokens, in the active language; `body` and `preheader` are slots to include."""
    why, leave = _("No more mails like this one? Leaving is free of charge at any time:"), _("Unsubscribe")
    choose = _("Choose topics and how often")
    return _as_layout(f"""<mjml lang="{locale}"><mj-head>
<mj-title>{{{{ shop.name }}}}</mj-title>
<mj-preview><mj-include path="preheader" /></mj-preview>
<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"></mj-raw>
<mj-attributes>
<mj-all font-family="{FONT}" color="{INK}" />
<mj-text font-size="16px" line-height="1.55" padding="8px 32px" css-class="rg-body" />
<mj-section padding="0" />
<mj-button background-color="{ACCENT}" color="#ffffff" font-size="16px" font-weight="600" border-radius="8px" inner-padding="14px 28px"
 padding="16px 32px" align="left" css-class="rg-button" />
<mj-divider border-width="1px" border-color="{LINE}" padding="16px 32px" css-class="rg-line" />
<mj-class name="headline" font-size="28px" line-height="1.25" font-weight="700" padding="8px 32px 4px" css-class="rg-headline" />
<mj-class name="lead" font-size="18px" line-height="1.5" />
<mj-class name="small" font-size="13px" line-height="1.5" color="{MUTED}" css-class="rg-small" />
</mj-attributes>
<mj-style>{_DARK}</mj-style>
</mj-head><mj-body background-color="{PAPER}" css-class="rg-page" width="600px">
<mj-section padding="28px 0 14px"><mj-column><mj-text css-class="rg-shop" font-size="19px" font-weight="700" letter-spacing="-0.2px">\
{{{{ shop.name }}}}</mj-text></mj-column></mj-section>
<mj-wrapper background-color="{CARD}" border-radius="12px" padding="24px 0" css-class="rg-card">
<mj-include path="body" />
</mj-wrapper>
<mj-section padding="18px 0 32px"><mj-column><mj-text font-size="13px" line-height="1.6" color="{MUTED}" css-class="rg-foot">\
{{% if unsubscribe.url %}}{why} \
<a href="{{{{ unsubscribe.url }}}}" style="color:{MUTED};text-decoration:underline;">{leave}</a>\
{{% if preferences.url %}} · <a href="{{{{ preferences.url }}}}" style="color:{MUTED};text-decoration:underline;">{choose}</a>{{% endif %}}\
<br />{{% endif %}}\
{{{{ shop.name }}}}{{% if shop.address %}} · {{{{ shop.address }}}}{{% endif %}}</mj-text></mj-column></mj-section>
</mj-body></mjml>""")


def partials() -> dict[str, Sequence[Token]]:
    """The blocks that a template may include, in the active language."""
    # Texts stand outside the markup: what is inside an f-string is not found for translation.
    yours, until = _("Your voucher"), _("Valid until")
    return {
        "divider": _as_layout("<mj-section><mj-column><mj-divider /></mj-column></mj-section>"),
        "voucher": _as_layout(
            f"""{{% if voucher.code %}}<mj-section padding="12px 32px"><mj-column background-color="{PAPER}" border-radius="10px" \
padding="16px 0" css-class="rg-code"><mj-text align="center" font-size="14px" padding="0 16px">{yours}\
{{% if voucher.value %}}: <b>{{{{ voucher.value }}}}</b>{{% endif %}}</mj-text>
<mj-text align="center" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="24px" font-weight="700" \
letter-spacing="2px" color="{ACCENT}" padding="6px 16px" css-class="rg-codetext">{{{{ voucher.code }}}}</mj-text>
{{% if voucher.valid_until %}}<mj-text align="center" mj-class="small" padding="0 16px">{until} {{{{ voucher.valid_until }}}}\
</mj-text>{{% endif %}}</mj-column></mj-section>{{% endif %}}"""
        ),
    }


def _as_layout(source: str) -> list[Token]:
    """Tokens of our own source: line 0, so that a problem is never looked for in the author's lines."""
    return [Token(token.kind, token.body, 0) for token in lex(source)]
