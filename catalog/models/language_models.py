"""Providers and their models: the entries of the catalogue."""

from django.db import models


class Provider(models.Model):
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        db_table = "provider"
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="provider_has_name")]

    def __str__(self) -> str:
        return self.name


class LanguageModel(models.Model):
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="language_models")
    slug = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300)
    # The most input tokens of one request, whatever the provider counts into its own window.
    context_tokens = models.IntegerField()
    max_output_tokens = models.IntegerField()
    is_active = models.BooleanField(default=True)
    # What its page shows, as catalog.files.pages reads it: badges, parameters, capabilities, use cases …
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "language_model"
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(context_tokens__gt=0, max_output_tokens__gt=0),
                name="language_model_limits_are_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.slug
