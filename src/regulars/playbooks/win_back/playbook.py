"""The playbook `win_back`."""

from collections.abc import Sequence

from regulars.journeys.playbook import (
    Playbook,
    Settings,
    Step,
    Trigger,
    Words,
    issue_voucher,
    step,
    trigger,
    voucher_settings,
)


class WinBack(Playbook):
    """A voucher for valuable customers who have not ordered for longer than usual, and a reminder before it runs out."""

    key = "win_back"
    icon = "undo-2"
    title = Words(en="Win back lapsed regulars", de="Stammkunden zurückgewinnen")
    description = Words(
        en="Regulars who have stayed away longer than usual get a personal voucher by mail, and one reminder before it "
        "expires. Whoever has ordered by then gets no reminder.",
        de="Stammkunden, die länger als gewohnt wegbleiben, bekommen per Mail einen persönlichen Gutschein und vor dessen "
        "Ablauf eine Erinnerung. Wer bis dahin bestellt hat, wird nicht mehr erinnert.",
    )
    why = Words(
        en="They have shown that they like your shop. Winning one of them back usually costs less than winning a stranger; "
        "the holdout shows whether that is true here, or whether they would have come back anyway.",
        de="Diese Kunden haben gezeigt, dass sie Ihren Shop mögen. Sie zurückzuholen kostet meist weniger, als Fremde zu "
        "gewinnen. Die Vergleichsgruppe zeigt, ob das auch hier gilt oder ob sie von selbst wiedergekommen wären.",
    )
    goal = "win_back"
    kpi = "reactivated_customers"
    again_after_days = 365
    settings = voucher_settings(
        percent=15,
        minimum_value=3000,
        valid_days=28,
        shortest=10,
        percent_help=Words(
            en="High enough to be noticed, low enough that an order still earns something.",
            de="Hoch genug, um aufzufallen, niedrig genug, dass an der Bestellung noch etwas verdient wird.",
        ),
    )
    message_names = {
        "come_back": Words(en="We have not seen you for a while", de="Lange nicht gesehen"),
        "reminder": Words(en="Your voucher expires soon", de="Dein Gutschein läuft bald ab"),
    }

    def trigger(self, s: Settings) -> Trigger:
        return trigger("segment_entered", segment="lapsed-valuable")

    def steps(self, s: Settings) -> Sequence[Step]:
        return [
            issue_voucher("voucher", s),
            step("come_back", "send", message="come_back", voucher="voucher", within_hours=72),
            step("think", "wait", days=s["valid_days"] - 7, until_hour=10),
            step("ordered", "branch", ordered=True, then="thanks"),
            step("reminder", "send", message="reminder", voucher="voucher", within_hours=48),
            step("last_days", "wait", days=7),
            step("end", "exit"),
            step("thanks", "exit", reason="ordered"),
        ]
