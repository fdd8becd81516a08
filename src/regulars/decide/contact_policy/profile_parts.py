"""What contact_policy knows of a customer, as columns of the profile: what we may, and how often we did."""

from regulars.decide.segments.profiles import contribute

contribute(
    "allowed",
    """
    SELECT customer_id,
           MAX(CASE WHEN channel = 'email' AND purpose = 'marketing' THEN 1 ELSE 0 END) AS email,
           MAX(CASE WHEN channel = 'email' AND purpose = 'research' THEN 1 ELSE 0 END) AS research,
           MAX(CASE WHEN channel = 'phone' AND purpose = 'marketing' THEN 1 ELSE 0 END) AS phone
    FROM contact_policy_consent WHERE state = 'granted' AND {ids} GROUP BY customer_id
    """,
    {
        "may_email": "COALESCE(allowed.email, 0) = 1 AND objected.customer_id IS NULL",
        "may_research": "COALESCE(allowed.research, 0) = 1 AND objected.customer_id IS NULL",
        "may_phone": "COALESCE(allowed.phone, 0) = 1 AND objected.customer_id IS NULL",
    },
)
contribute(
    "objected",
    "SELECT customer_id FROM contact_policy_objection WHERE {ids}",
    {"has_objected": "objected.customer_id IS NOT NULL"},
)
contribute(
    "contacted",
    """
    SELECT customer_id, MAX(at) AS last_contact_at, SUM(CASE WHEN at > {d30} THEN 1 ELSE 0 END) AS contacts_30,
           SUM(CASE WHEN at > {d365} THEN 1 ELSE 0 END) AS contacts_365
    FROM contact_policy_contact WHERE purpose IN ('marketing', 'research') AND {ids} GROUP BY customer_id
    """,
    {
        "contacts_30": "COALESCE(contacted.contacts_30, 0)",
        "contacts_365": "COALESCE(contacted.contacts_365, 0)",
        "last_contact_at": "contacted.last_contact_at",
    },
    dated=("contact_policy_contact", "at"),
)
