"""Receipts: numbered without gaps, and saying what was paid and refunded."""

from usage.audit.invariant import Invariant

NO_GAPS = """
    select year, counted.last_number, issued.papers, issued.highest
      from paper_count counted
      full join (select year, count(*) as papers, max(number) as highest from paper group by year) as issued
     using (year)
     where (coalesce(issued.papers, 0), coalesce(issued.highest, 0))
           is distinct from (counted.last_number::bigint, counted.last_number)
"""

SAY_WHAT_WAS_PAID = """
    select paper.customer_id, paper.id as paper_id, paper.year, paper.number
      from paper
      join top_up on top_up.customer_id = paper.customer_id and top_up.id = paper.top_up_id
      left join refund on refund.customer_id = paper.customer_id and refund.id = paper.refund_id
     where top_up.state <> 'paid'
        or (paper.refund_id is not null and refund.top_up_id is distinct from paper.top_up_id)
        or (paper.content ->> 'number', paper.content ->> 'currency', paper.content ->> 'amount_minor',
            paper.content ->> 'credit_nanos', paper.content ->> 'bonus_nanos')
           is distinct from
           (paper.year || '-' || lpad(paper.number::text, greatest(6, length(paper.number::text)), '0'),
            top_up.currency::text, coalesce(refund.amount_minor, top_up.amount_minor)::text,
            coalesce(refund.debit_nanos, top_up.credit_nanos)::text,
            coalesce(refund.bonus_nanos, top_up.bonus_nanos)::text)
"""

INVARIANTS = (
    Invariant("papers_have_no_gaps", "Receipts of a year are numbered from 1, without gaps.", NO_GAPS),
    Invariant("papers_are_true", "A receipt says what was paid or refunded.", SAY_WHAT_WAS_PAID),
)
