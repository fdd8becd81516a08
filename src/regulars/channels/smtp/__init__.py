"""E-mail over SMTP: MIME built once for each template version, a lean client, and the sink with its inbox."""
