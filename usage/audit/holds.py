"""Holds against charges, each of which ends at most one."""

from usage.audit.invariant import Invariant

SETTLED_HAS_CHARGE = """
    select hold.customer_id, hold.request_id, hold.amount_nanos, charge.hold_amount_nanos
      from hold
      left join charge on charge.customer_id = hold.customer_id and charge.request_id = hold.request_id
     where hold.state = 'settled' and charge.hold_amount_nanos is distinct from hold.amount_nanos
"""

CHARGE_HAS_SETTLED = """
    select charge.customer_id, charge.request_id, charge.hold_amount_nanos, hold.state
      from charge
      left join hold on hold.customer_id = charge.customer_id and hold.request_id = charge.request_id
     where charge.hold_amount_nanos is not null and hold.state is distinct from 'settled'
"""

OVERDUE = """
    select customer_id, request_id, expires_at
      from hold
     where state = 'open' and expires_at < %(now)s::timestamptz - interval '10 minutes'
"""

OWN_KEY = """
    select hold.customer_id, hold.request_id, hold.api_key_id
      from hold
      left join api_key on api_key.id = hold.api_key_id
     where api_key.customer_id is distinct from hold.customer_id
"""

INVARIANTS = (
    Invariant(
        "settled_holds_have_charges", "A settled hold has a charge that names its amount.", SETTLED_HAS_CHARGE
    ),
    Invariant("charges_settled_their_holds", "A charge that names a hold settled one.", CHARGE_HAS_SETTLED),
    Invariant("holds_end_in_time", "No hold is open 10 minutes after its expiry.", OVERDUE),
    Invariant("holds_are_by_own_keys", "A hold was placed with a key of its customer.", OWN_KEY),
)
