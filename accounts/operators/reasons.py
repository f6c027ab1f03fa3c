"""Actions that ask for a reason: one field beside the list of actions, and one answer where it is missing."""

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.http import HttpRequest

from accounts import text


class ReasonForm(ActionForm):
    reason = forms.CharField(required=False, max_length=300, label="Reason:")


def reason_of(request: HttpRequest) -> str:
    """What was typed; raises `Unacceptable` where it is empty, too long or no text."""
    return text.cleaned(request.POST.get("reason", ""), field="reason", maximum=300)
