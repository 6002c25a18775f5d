"""The names that labels of examples are made of. Knows nothing of Rasa."""

from __future__ import annotations

REPORT_INTENT = "report_issue"
# "我要投诉" without a matter: an appeal that has no department yet.
UNSPECIFIED = "unspecified"
# Intents that the system triggers: no citizen's words shall ever be taken for one.
EXTERNAL_PREFIX = "EXTERNAL_"
