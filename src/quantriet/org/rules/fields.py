"""Which right opens which detail of a person (P-06). Whatever is not named here is seen with the person."""

from __future__ import annotations

from quantriet.org.vocab import Permission

# Contact is for those who call people to class; birth and ethnicity for those who keep the lists. The year of birth stays
# visible: without it nobody tells people of one name apart.
FIELD_RIGHTS: dict[str, Permission] = {
    "phone": Permission.PERSON_CONTACT,
    "email": Permission.PERSON_CONTACT,
    "address": Permission.PERSON_CONTACT,
    "birth_date": Permission.PERSON_PRIVATE,
    "birth_precision": Permission.PERSON_PRIVATE,
    "ethnicity": Permission.PERSON_PRIVATE,
}
HIDDEN = "không hiển thị"
