"""Django's settings. Each value a shop may change comes from the environment and has a default that starts."""

from dataclasses import replace
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from . import environment as env
from .apps_found import domain_apps
from .catalogues import compiled
from .logs import logging_settings
from .secrets import own_secret

PACKAGE = Path(__file__).resolve().parents[1]
REGULARS_HOME = env.home()
REGULARS_HOME.mkdir(parents=True, exist_ok=True)

SECRET_KEY = env.text(
    "REGULARS_SECRET_KEY", about="Signs sessions and links. Default: made once and kept in the home folder."
) or own_secret(REGULARS_HOME, "key")
SECRET_KEY_FALLBACKS = env.words(
    "REGULARS_SECRET_KEY_FALLBACKS", about="Former keys that are still accepted, with commas."
)
DEBUG = env.flag("REGULARS_DEBUG", about="Show errors in the browser. Never in production.")
ALLOWED_HOSTS = env.words(
    "REGULARS_ALLOWED_HOSTS",
    "127.0.0.1,localhost,[::1],testserver",
    "Host names under which the pages may be asked for, with commas.",
)
REGULARS_BASE_URL = env.text(
    "REGULARS_BASE_URL",
    "http://127.0.0.1:8000",
    "The address that customers see: links in messages start with it. `serve` and `demo` set it to where they listen.",
).rstrip("/")
REGULARS_WEB_WORKERS = env.number(
    "REGULARS_WEB_WORKERS",
    0,
    "How many processes of granian serve pages and API. 0: one process of waitress, which needs the least memory.",
)
REGULARS_WAREHOUSE = env.text("REGULARS_WAREHOUSE", "duckdb://", "Where figures are computed.")
REGULARS_SMTP_URL = env.text(
    "REGULARS_SMTP_URL",
    "sink://",
    "The mail server: `smtp://user:password@host:587`, or `sink://`, the built-in inbox.",
)
REGULARS_PRIVATE_WEBHOOKS = env.flag(
    "REGULARS_PRIVATE_WEBHOOKS",
    about="Webhooks and push messages may go to private addresses and over http. Only where whoever makes them is trusted.",
)
REGULARS_CAMPAIGN_ASKS_ABOVE = env.number(
    "REGULARS_CAMPAIGN_ASKS_ABOVE",
    50,
    "Whoever starts something for more than so many percent of all reachable customers is asked for the number first.",
)
REGULARS_MAILBOX_PASSWORD = env.text(
    "REGULARS_MAILBOX_PASSWORD",
    "",
    "Password of the mailbox for returned mails, where it shall not be kept (encrypted) in the database.",
)
REGULARS_DEMO = env.flag("REGULARS_DEMO", about="The installation is a demonstration; `demo` sets it.")
CSRF_TRUSTED_ORIGINS = [REGULARS_BASE_URL]
CSRF_FAILURE_VIEW = "regulars.web.control.errors.csrf_failed"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    *domain_apps(),  # before allauth, so that its pages are found in our own look
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "django_cotton",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "regulars.config.urls"
WSGI_APPLICATION = "regulars.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": env.database(
        "REGULARS_DATABASE",
        f"sqlite:///{REGULARS_HOME}/regulars.sqlite3",
        "The records: `sqlite:///path` or `postgresql://user:password@host:port/name?option=value`.",
    )
}
if DATABASES["default"]["ENGINE"] == "regulars.config.sqlite":
    # A file, as in production: threads and processes of a test meet the same locks.
    DATABASES["default"]["TEST"] = {"NAME": str(REGULARS_HOME / "test.sqlite3")}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "regulars.web.control.context.house",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "regulars.web.templatetags.regulars",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]

COTTON_ISOLATE_BY_DEFAULT = True  # a component sees its own attributes, not the variables of the page around it

AUTH_USER_MODEL = "core.Staff"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_ADAPTER = "regulars.web.control.accounts.StaffAccountAdapter"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to people who are not staff
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Regulars: "
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"

LANGUAGE_CODE = env.text("REGULARS_LANGUAGE", "de", "Language of pages for whom none is known: `de` or `en`.")
LANGUAGES = [("de", _("German")), ("en", _("English"))]
TIME_ZONE = "UTC"
USE_TZ = True
LOCALE_PATHS = [str(compiled(REGULARS_HOME))]

STATIC_URL = "/static/"
STATIC_ROOT = REGULARS_HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 3600

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = REGULARS_BASE_URL.startswith("https://")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

EMAIL_BACKEND = "regulars.channels.smtp.staff_mail.StaffMailBackend"
DEFAULT_FROM_EMAIL = env.text(
    "REGULARS_FROM", "Regulars <regulars@localhost>", "Sender of mails to staff, such as login codes."
)

REDIS = env.text("REGULARS_REDIS", "", "A Redis for cache and rate limits: `redis://host:6379/0`. Default: in process.")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS}
    if REDIS
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

LOGGING = logging_settings(env.text("REGULARS_LOG_LEVEL", "WARNING", "DEBUG, INFO, WARNING or ERROR."))

SETTINGS_READ = [
    replace(one, default=one.default.replace(str(REGULARS_HOME), "$REGULARS_HOME")) for one in env.READ.values()
]
"""What the environment was asked for, for the page of settings."""
