"""Kept numbers of journeys: enrolments by arm, status, step and reason."""

from regulars.core.tallies import keep

ENROLMENTS = keep(
    "enrolments",
    "journeys_enrolment",
    owner="journey_id",
    parts=(
        "{row}.arm",
        "CASE {row}.status WHEN 'claimed' THEN 'due' ELSE {row}.status END",
        "{row}.step",
        "{row}.exit_reason",
    ),
    columns=("arm", "status", "step", "exit_reason"),
)
"""Of a journey. Who is being advanced is on the way, as those are who are due."""
