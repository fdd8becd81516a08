"""The made-up people: drawn alike each time, buying as BG/NBD says, answering as built in."""

import random

from regulars.run.demo.behaviour import RESPONSES, Past, Rates, answer, purchases_anyhow
from regulars.run.demo.people import catalogue, person

CDNOW = Rates(r=0.243, alpha=4.414, a=0.793, b=2.426)


def test_two_runs_make_the_same_people_at_addresses_that_reach_nobody() -> None:
    assert person("00017") == person("00017")
    people = [person(f"{n:05d}") for n in range(2000)]
    assert all(one.email.endswith("@example.com") and one.email.isascii() for one in people)
    assert len({one.email for one in people}) == 2000
    assert 0.29 < sum(one.consent == "proven" for one in people) / 2000 < 0.39


def test_records_have_titles_of_their_own() -> None:
    records = catalogue()
    assert len({record.title for record in records}) == 400
    assert len({record.genre for record in records}) == 10


def test_as_many_purchases_as_the_model_expects() -> None:
    """E[Y(t) | x=2, t_x=30.43, T=38.86] over 39 weeks is 1.226 (Fader, Hardie, Lee 2005)."""
    many = [Past("17", 2, 30.43, 38.86, 0.7266, 3500)] * 20_000

    bought = purchases_anyhow(many, CDNOW, 39 * 7, seed=1)

    assert abs(len(bought) / 20_000 - 1.226) < 0.05
    assert all(0 <= one.day < 273 and one.value >= 599 for one in bought)


def test_the_built_in_effect_is_what_it_says() -> None:
    draw = random.Random(1)
    response = RESPONSES["win_back"]
    answers = [answer(response, True, draw, is_first=True) for _ in range(20_000)]

    assert abs(sum(one.buys_after is not None for one in answers) / 20_000 - response.buys) < 0.01
    assert all(1 <= one.buys_after <= 15 for one in answers if one.buys_after is not None)
    assert not any(answer(response, True, draw, is_first=False).buys_after for _ in range(1000))
