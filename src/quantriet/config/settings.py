"""Settings, all from the environment with defaults that run on one machine.

QUANTRIET_DATA       folder of the database, files and secret key (default: ./var)
DATABASE_URL         postgres://… for PostgreSQL; without it SQLite in the data folder
QUANTRIET_BACKUPS    folder of the backups (default: backups in the data folder; better another disk)
QUANTRIET_BACKUP_KEY key file with which backups are sealed (made by `quantriet backup --make-key FILE`; keep a copy elsewhere)
QUANTRIET_PRODUCTION 1 for real use: refuses to start without QUANTRIET_SECRET_KEY, QUANTRIET_HOSTS, or with demo logins
QUANTRIET_SECOND_FACTOR  0 lets roles that see more than their own unit in without a second factor; asked for in production
QUANTRIET_SESSION_MINUTES, QUANTRIET_SESSION_DAYS  how long a sign-in lasts unused (720), and at the very most (7)
QUANTRIET_DEVICE_DAYS  how many days a clerk's phone may keep the sealed names of a venue (3)
QUANTRIET_ADDRESS_HEADER   the header in which one's own proxy writes the caller's address, e.g. X-Real-IP; else none is believed
QUANTRIET_OIDC_ISSUER, …_CLIENT_ID, …_CLIENT_SECRET   a central sign-on; …_CLAIM and …_MATCH (code or email) say whose account
"""

import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

PACKAGE = Path(__file__).resolve().parent.parent
BASE_DIR = PACKAGE.parent.parent
DATA_DIR = Path(env.str("QUANTRIET_DATA", str(BASE_DIR / "var")))
PRODUCTION = env.bool("QUANTRIET_PRODUCTION", False)
DEBUG = env.bool("QUANTRIET_DEBUG", False)


def _secret_key() -> str:
    key = env.str("QUANTRIET_SECRET_KEY", "")
    if key:
        return key
    if PRODUCTION:
        raise ImproperlyConfigured("QUANTRIET_SECRET_KEY is missing: a production start needs its own secret key.")
    # A trial installation keeps a key of its own beside its data, so that sign-ins survive a restart.
    stored = DATA_DIR / "secret-key"
    if not stored.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        stored.touch(mode=0o600)
        stored.write_text(secrets.token_urlsafe(50))
    return stored.read_text().strip()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("QUANTRIET_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
if PRODUCTION and "QUANTRIET_HOSTS" not in env.ENVIRON:
    raise ImproperlyConfigured("QUANTRIET_HOSTS is missing: name the addresses under which the product is reached.")
CSRF_TRUSTED_ORIGINS = env.list("QUANTRIET_ORIGINS", default=[])
SITE_ADDRESS = env.str("QUANTRIET_ADDRESS", "http://localhost:8000")

ROOMS = [
    "quantriet.kit",
    "quantriet.audit",
    "quantriet.org",
    "quantriet.notify",
    "quantriet.library",
    "quantriet.speakers",
    "quantriet.campaigns",
    "quantriet.classes",
    "quantriet.attendance",
    "quantriet.reports",
    "quantriet.portal",
    "quantriet.config",
]
INSTALLED_APPS = [
    *ROOMS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "quantriet.kit.web.readable_address",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "quantriet.org.web.pages.AccountMiddleware",
    "quantriet.portal.web.handbook.mark_account",
]
ROOT_URLCONF = "quantriet.config.urls"
WSGI_APPLICATION = "quantriet.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "quantriet.portal.web.chrome.chrome",
            ],
        },
    }
]

if "DATABASE_URL" in env.ENVIRON:
    DATABASES = {"default": env.db("DATABASE_URL")}
    if "postgresql" in DATABASES["default"]["ENGINE"]:
        # A pool per process: 32 threads need 4 connections. Ten seconds without one is told to the person (503).
        DATABASES["default"]["OPTIONS"] = {
            **DATABASES["default"].get("OPTIONS", {}),
            "prepare_threshold": 5,  # of the few statements that ask for it (`kit.db.select`)
            "pool": {"min_size": 1, "max_size": env.int("QUANTRIET_DB_POOL", 8), "timeout": 10},
            # What is acknowledged is on the disk, whatever the server's own default.
            "options": "-c synchronous_commit=on",
        }
        # A connection that a restarted server has dropped is replaced before a request meets it.
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    DATABASES = {
        "default": {
            "ENGINE": "quantriet.kit.sqlite",
            "NAME": str(DATA_DIR / "quantriet.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                # FULL: what is acknowledged is on the disk. Checkpoints are made by kit/sqlite under the write lock.
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=1048576;"
                    "PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456"
                ),
            },
            "CONN_MAX_AGE": None,
        }
    }
# Covering columns of an index serve PostgreSQL; SQLite ignores them and reads the row.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "org.Account"
AUTHENTICATION_BACKENDS = ["quantriet.org.web.sign_in.AccountBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
# Whoever sees more than their own unit shows a second factor (org/rules/second_factor.py). The demo is entered by password.
SECOND_FACTOR_REQUIRED = env.bool("QUANTRIET_SECOND_FACTOR", PRODUCTION)
# How long a sign-in lasts without use, and at the very most, in seconds.
SESSION_COOKIE_AGE = env.int("QUANTRIET_SESSION_MINUTES", 12 * 60) * 60
SESSION_AT_MOST = env.int("QUANTRIET_SESSION_DAYS", 7) * 24 * 60 * 60
# How many days the phone of a clerk may keep the sealed names of a venue, until it throws them away by itself.
DEVICE_DAYS = env.int("QUANTRIET_DEVICE_DAYS", 3)
# Anybody can write a header: one is believed only where a proxy of one's own is known to overwrite it.
ADDRESS_HEADER = env.str("QUANTRIET_ADDRESS_HEADER", "")
OIDC_ISSUER = env.str("QUANTRIET_OIDC_ISSUER", "").rstrip("/")
OIDC_CLIENT_ID = env.str("QUANTRIET_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.str("QUANTRIET_OIDC_CLIENT_SECRET", "")
OIDC_LABEL = env.str("QUANTRIET_OIDC_LABEL", "Đăng nhập tập trung")
# Which claim names the account, and what of ours it is compared with: the member code, or the account's mail.
OIDC_MATCH = env.str("QUANTRIET_OIDC_MATCH", "code")
OIDC_CLAIM = env.str("QUANTRIET_OIDC_CLAIM", "email" if OIDC_MATCH == "email" else "member_code")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [str(PACKAGE / room.removeprefix("quantriet.") / "locale") for room in ROOMS]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
# Only what a page shows as a number is grouped (`vn_number`): a key in a hidden field must stay 1397, never 1.397.
USE_THOUSAND_SEPARATOR = False
FORMAT_MODULE_PATH = ["quantriet.config.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "quantriet.kit.assets.JoinedStorage"
    },
}
# Uploads are never served by their path; a view checks the right and sends them as attachments.
MEDIA_ROOT = DATA_DIR / "files"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
UPLOAD_LIMIT_BYTES = env.int("QUANTRIET_UPLOAD_LIMIT", 50 * 1024 * 1024)

# Backups: one file each in a folder that should lie on another disk; sealed when a key file is named. What rotation keeps:
# the latest of so many days, weeks and months. See docs/operations.md.
BACKUP_FOLDER = env.str("QUANTRIET_BACKUPS", str(DATA_DIR / "backups"))
BACKUP_KEY_FILE = env.str("QUANTRIET_BACKUP_KEY", "")
BACKUP_KEEP = tuple(env.list("QUANTRIET_BACKUP_KEEP", cast=int, default=[7, 4, 6]))
# The door for machines: bytes of a body, and requests that one key may make in a minute, in all processes together.
API_BODY_LIMIT = env.int("QUANTRIET_API_BODY_LIMIT", 1024 * 1024)
API_REQUESTS_A_MINUTE = env.int("QUANTRIET_API_RATE", 600)
# Networks of one's own to which notices for programs may go, beside public addresses; by default none.
WEBHOOK_NETWORKS = env.list("QUANTRIET_WEBHOOK_NETWORKS", default=[])

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

EMAIL_BACKEND = env.str("QUANTRIET_MAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
if "EMAIL_URL" in env.ENVIRON:
    vars().update(env.email_url("EMAIL_URL"))
CSRF_FAILURE_VIEW = "quantriet.portal.web.errors.form_expired"
DEFAULT_FROM_EMAIL = env.str("QUANTRIET_MAIL_FROM", "quantriet@localhost")

# Notices. Hours on a Vietnamese clock in which no phone rings, until a person chooses others; empty for none.
QUIET_HOURS = env.str("QUANTRIET_QUIET_HOURS", "21:00-06:30")
# The key by which push services of browsers know this installation: made once. Hosts that share a database share the file.
PUSH_KEY_FILE = env.str("QUANTRIET_PUSH_KEY", str(DATA_DIR / "push-key"))
PUSH_CONTACT = env.str("QUANTRIET_PUSH_CONTACT", f"mailto:{DEFAULT_FROM_EMAIL}")
# Push services that browsers may name, with all below each: those of Chrome and Edge, Firefox, Windows, Safari.
PUSH_HOSTS = env.list(
    "QUANTRIET_PUSH_HOSTS",
    default=[
        "fcm.googleapis.com",
        "jmt17.google.com",
        "push.services.mozilla.com",
        "notify.windows.com",
        "push.apple.com",
    ],
)
# Networks of one's own in which a push service, or a gateway, may stand beside public addresses; by default none.
PUSH_NETWORKS = env.list("QUANTRIET_PUSH_NETWORKS", default=[])
GATEWAY_NETWORKS = env.list("QUANTRIET_GATEWAY_NETWORKS", default=[])
# Gateways for text messages and for Zalo: a class and its options as JSON (docs/operations.md). Trials have one that sends
# nothing; real use has none until one is named.
_TRIAL_GATEWAY = "" if PRODUCTION else "quantriet.notify.actions.gateways.TrialGateway"
SMS_GATEWAY = env.str("QUANTRIET_SMS_GATEWAY", _TRIAL_GATEWAY)
SMS_OPTIONS = env.str("QUANTRIET_SMS_OPTIONS", "")
SMS_WITHOUT_MARKS = env.bool("QUANTRIET_SMS_WITHOUT_MARKS", True)
ZALO_GATEWAY = env.str("QUANTRIET_ZALO_GATEWAY", _TRIAL_GATEWAY)
ZALO_OPTIONS = env.str("QUANTRIET_ZALO_OPTIONS", "")

# Where the anchors of the log are mailed every hour; empty keeps them in the data folder alone (docs/audit-log.md).
ANCHOR_MAIL = env.str("QUANTRIET_ANCHOR_MAIL", "")
# How many days it is kept who looked at a person's record. The law names no figure: the office sets it.
LOOKS_DAYS = env.int("QUANTRIET_LOOKS_DAYS", 730)
LOOKS_BASIS = env.str("QUANTRIET_LOOKS_BASIS", "do cơ quan quy định")
# Days to settle a person's request about their data, as "access=10,correction=10,erasure=20"; without it the values of
# org/rules/requests.py hold.
REQUEST_DAYS = env.str("QUANTRIET_REQUEST_DAYS", "")
REQUEST_BASIS = env.str("QUANTRIET_REQUEST_BASIS", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("QUANTRIET_LOG_LEVEL", "INFO")},
    "loggers": {"django_tasks": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
