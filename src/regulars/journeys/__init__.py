"""One engine for every measure: Journey (a published definition), Enrolment (one customer's way), steps and triggers."""
