"""Customers, who pay, and their members."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models.users import User


class Customer(models.Model):
    class State(models.TextChoices):
        ACTIVE = "active"
        FROZEN = "frozen"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=150)
    state = models.CharField(max_length=6, choices=State.choices, default=State.ACTIVE)
    state_reason = models.CharField(max_length=300, blank=True, default="")
    state_changed_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    members = models.ManyToManyField(User, through="Membership", related_name="customers")

    class Meta:
        db_table = "customer"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["active", "frozen", "closed"]), name="customer_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state="active") | ~models.Q(state_reason=""),
                name="customer_state_has_reason",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="customer_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner"
        ADMIN = "admin"
        DEVELOPER = "developer"
        BILLING = "billing"

    # The unique constraint below leads with the customer and serves as its index.
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="memberships", db_index=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=9, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "user"],
                name="membership_customer_user_key",
                violation_error_message="This user is a member already.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "admin", "developer", "billing"]),
                name="membership_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role}"
