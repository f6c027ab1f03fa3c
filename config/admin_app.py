"""Makes Django's admin app use our site. No models here: this is imported before they are there."""

from django.contrib.admin.apps import AdminConfig


class OperatorsConfig(AdminConfig):
    default_site = "config.admin_site.OperatorSite"
