"""Gives the operators' site its lists of big tables; Django imports this after all other apps' pages."""

from typing import cast

from django.contrib import admin

import billing.admin
import usage.admin
from config.admin_site import OperatorSite

site = cast(OperatorSite, admin.site)
site.records = (*billing.admin.RECORDS, *usage.admin.RECORDS)
site.pages = usage.admin.requests.urls
