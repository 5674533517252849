"""What sign-in rests on: second factors, passkeys, codes by mail, activation slips, open sessions, known devices.

No row here holds anything that opens an account by itself: codes and device tokens are kept as keyed digests, the key of
the authenticator app is sealed (`kit.sealing`), a passkey is a public key.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from quantriet.org.models.accounts import Account
from quantriet.org.models.people import Person
from quantriet.org.models.units import Unit


class SignInFailure(models.Model):
    """How many tries are counted for a name, an address or both; a door is closed by what stands here."""

    purpose = models.CharField(max_length=10, default="password")  # which door: org.rules.tries.Door
    username = models.CharField(max_length=80, blank=True)  # as typed and folded; empty for a count of an address
    address = models.CharField(max_length=60, blank=True)  # empty for a count of a name; "device:…" for a known device
    failures = models.PositiveIntegerField(default=0)
    # From when the window runs: the first failure, or the one that closed the door.
    since = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "username", "address"], name="sign_in_failure_once")]


class AccountSession(models.Model):
    """An open sign-in: on which device, since when; ending it takes Django's session away."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=80)  # in words: "Chrome trên Android"
    address = models.CharField(max_length=45, blank=True)
    method = models.CharField(max_length=12)  # org.vocab.SignInMethod
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "-seen_at"])]


class KnownDevice(models.Model):
    """A browser in which the account has signed in before; failures elsewhere never close its door."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    digest = models.CharField(max_length=64)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="known_device_once")]


class AuthenticatorKey(models.Model):
    """The key shared with an authenticator app (TOTP, RFC 6238)."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="authenticator")
    sealed = models.CharField(max_length=400)
    set_at = models.DateTimeField()
    last_step = models.BigIntegerField(default=0)  # the latest 30-second step whose code was taken: none is taken twice


class RecoveryCode(models.Model):
    """A code printed once that stands in for a lost telephone, once."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class Passkey(models.Model):
    """A WebAuthn credential: fingerprint, face or key of a device, for sign-in and as second factor."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="passkeys")
    credential_id = models.CharField(max_length=1400, unique=True)  # base64url; up to 1023 bytes by the standard
    public_key = models.BinaryField()  # attested credential data as fido2 reads it
    sign_count = models.PositiveBigIntegerField(default=0)
    name = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class MailCode(models.Model):
    """A one-time code sent by mail; only the latest of an account lives, and only in the browser that asked."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="mail_code")
    asked_by = models.CharField(max_length=64)  # digest of what the asking browser keeps
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)


class ActivationSlip(models.Model):
    """A printed slip with a code with which a person sets a password: once, until a day, and only the latest one."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="slips")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")  # the cell when it was printed
    digest = models.CharField(max_length=64, unique=True)
    username = models.CharField(max_length=80)  # as printed
    printed_at = models.DateTimeField()
    printed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    ends_on = models.DateField()  # the last day, included
    used_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(used_at=None, voided_at=None), name="activation_slip_one_live"
            ),
        ]
        indexes = [models.Index(fields=["person", "-printed_at"])]

    def __str__(self) -> str:
        return self.username
