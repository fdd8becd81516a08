"""What a playbook cannot do without, each with the shop's own number in words, and what to do where it is missing."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .shop_facts import ShopFacts


@dataclass(frozen=True)
class Need:
    """have: how much of it there is. least: with less it is missing. told: the sentence with the number (`n`, of `all`
    customers); missing: the sentence that says what to do. is_trait: of customers, so that it may be an estimate.
    """

    have: Callable[[ShopFacts], int]
    told: Callable[[int], str]
    missing: Callable[[], str]
    least: int = 1
    is_trait: bool = False

    def is_there(self, facts: ShopFacts) -> bool:
        """Whether the shop has it."""
        return self.have(facts) >= self.least

    def words(self, facts: ShopFacts) -> str:
        """The sentence for this shop."""
        have = self.have(facts)
        text = self.told(have) if self.is_there(facts) else self.missing()
        n = amount(have)
        if self.is_trait and facts.sample is not None:
            n = _("about %(n)s") % {"n": n}
        return text % {"n": n, "all": amount(facts.customers)}


def amount(number: int) -> str:
    """A number with its thousands apart, as people read it."""
    return str(number_format(number, force_grouping=True))


NEEDS: dict[str, Need] = {
    "birthdays": Need(
        lambda facts: facts.birthdays,
        lambda n: ngettext(
            "You know %(n)s birthday of %(all)s customers.", "You know %(n)s birthdays of %(all)s customers.", n
        ),
        lambda: _(
            "You know no birthday of your %(all)s customers: ask for it in the sign-up form or the customer account, and import"
            " what you have."
        ),
        is_trait=True,
    ),
    "orders": Need(
        lambda facts: facts.orders,
        lambda n: ngettext("%(n)s order came in the last 30 days.", "%(n)s orders came in the last 30 days.", n),
        lambda: _("No order came in the last 30 days: it would start for nobody. First win those back who know you."),
    ),
    "sign_ups": Need(
        lambda facts: facts.sign_ups,
        lambda n: ngettext(
            "%(n)s consent was given in the last 30 days.", "%(n)s consents were given in the last 30 days.", n
        ),
        lambda: _("Nobody gave consent in the last 30 days: put a sign-up form into your shop first."),
    ),
    "deliveries": Need(
        lambda facts: facts.deliveries,
        lambda n: ngettext(
            "%(n)s parcel arrived in the last 30 days.", "%(n)s parcels arrived in the last 30 days.", n
        ),
        lambda: _(
            "No delivery is on record for the last 30 days: let the shop or the carrier tell when a parcel arrives."
        ),
    ),
    "checkouts": Need(
        lambda facts: facts.checkouts,
        lambda n: ngettext(
            "%(n)s checkout was left in the last 30 days.", "%(n)s checkouts were left in the last 30 days.", n
        ),
        lambda: _(
            "No left checkout is on record for the last 30 days: the shop has to tell its checkouts over the interface."
        ),
    ),
    "interests": Need(
        lambda facts: facts.interests,
        lambda n: ngettext(
            "Of %(n)s of %(all)s customers it is known which category they like most.",
            "Of %(n)s of %(all)s customers it is known which category they like most.",
            n,
        ),
        lambda: _("Of none of your %(all)s customers it is known what they like: products need a category."),
        is_trait=True,
    ),
    "categories": Need(
        lambda facts: facts.categories,
        lambda n: ngettext("Your products lie in %(n)s category.", "Your products lie in %(n)s categories.", n),
        lambda: _("Your products lie in one category at most: by interest, everybody would read the same."),
        least=2,
    ),
    "novelties": Need(
        lambda facts: facts.novelties,
        lambda n: ngettext(
            "%(n)s product came new in the last 30 days.", "%(n)s products came new in the last 30 days.", n
        ),
        lambda: _("The shop told of no new product in the last 30 days."),
    ),
    "repeat_products": Need(
        lambda facts: facts.repeat_products,
        lambda n: ngettext(
            "%(n)s product is bought again so regularly that its end can be foreseen.",
            "%(n)s products are bought again so regularly that their end can be foreseen.",
            n,
        ),
        lambda: _(
            "No product is bought again so regularly that its end could be foreseen. If yours are used up, say in the settings"
            " how long they last."
        ),
    ),
    "phones": Need(
        lambda facts: facts.phones,
        lambda n: ngettext(
            "%(n)s of %(all)s customers agreed to be called.", "%(n)s of %(all)s customers agreed to be called.", n
        ),
        lambda: _(
            "Nobody agreed to be called. Ask for it, with proof: at the sign-up, or when somebody calls you anyway."
        ),
        is_trait=True,
    ),
    "gatherings": Need(
        lambda facts: facts.gatherings,
        lambda n: ngettext("%(n)s gathering is to come.", "%(n)s gatherings are to come.", n),
        lambda: _("No gathering is planned: plan one first, under Gatherings."),
    ),
}
"""By the names that playbooks give."""
