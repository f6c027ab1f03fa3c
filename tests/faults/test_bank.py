"""The bank test: whatever sixteen writers do, each snapshot of the database shows books that are right."""

import random
import threading
from collections.abc import Callable
from functools import partial

import psycopg

from billing.errors import BillingError
from tests import cast, databases
from tests.cast import OUTPUT_TOKEN, Player
from tests.concurrency.crew import Crew
from tests.faults.insistence import insist
from tests.faults.sizes import times

Hire = Callable[[int], Crew]
WRITERS, WALLETS, STEPS = 16, 50, times(25)

# Each of them is zero in a snapshot that was taken between two commits.
WRONG = """
    select (select count(*) from wallet where balance_nanos < 0 or held_nanos < 0
                                           or held_nanos > balance_nanos or debt_nanos < 0) as below_zero,
           (select coalesce(sum(balance_nanos - debt_nanos), 0) from wallet)
           - (select coalesce(sum(amount_nanos), 0) from credit_lot)
           + (select coalesce(sum(amount_nanos), 0) from charge) as from_nowhere,
           (select coalesce(sum(held_nanos), 0) from wallet)
           - (select coalesce(sum(amount_nanos), 0) from hold where state = 'open') as not_held,
           (select coalesce(sum(balance_nanos), 0) from wallet)
           - (select coalesce(sum(remaining_nanos), 0) from credit_lot) as in_no_lot,
           (select count(*) from (
                select wallet.balance_nanos
                       - coalesce(sum(case when credit_account = 101 then amount_nanos
                                           else -amount_nanos end), 0)
                  from wallet
                  left join transfer on transfer.customer_id = wallet.customer_id
                                    and 101 in (credit_account, debit_account)
                 group by wallet.customer_id, wallet.balance_nanos) as difference (nanos)
             where nanos <> 0) as not_journaled
"""


def write(players: list[Player], seed: int) -> int:
    """Credit, hold, report, settle and release at random."""
    dice = random.Random(seed)
    for _ in range(STEPS):
        who = dice.choice(players)
        match dice.randrange(5):
            case 0:
                cast.fund(who.id, dice.randrange(1, 2000) * OUTPUT_TOKEN)
            case 1:
                cast.send(cast.report(who, output=dice.randrange(300)))
            case 2:
                cast.settle()
            case _:
                hold(who, dice)
    return 0


def hold(who: Player, dice: random.Random) -> None:
    try:
        held = cast.hold(who, out=dice.randrange(400), min_output=1)
    except BillingError:
        return
    if dice.random() < 0.5:
        cast.send(cast.report(who, held.request_id, output=dice.randrange(500)))
    elif dice.random() < 0.5:
        cast.release(held)


def watch(reader: psycopg.Connection, done: threading.Event) -> list[object]:
    """What was wrong in any snapshot, looking every 50 ms."""
    wrong: list[object] = []
    looks = 0
    while not done.wait(0.05) or looks == 0:
        reader.execute("begin isolation level repeatable read read only")
        row = reader.execute(WRONG).fetchone()
        reader.execute("commit")
        looks += 1
        if row and any(row):
            wrong.append(row)
    return wrong


class TestBank:
    def test_never_shows_money_from_nowhere(self, crew: Hire):
        players = [cast.player(f"Customer-{n}", 500 * OUTPUT_TOKEN) for n in range(WALLETS)]
        done, threads = threading.Event(), crew(WRITERS)
        wrong: list[object] = []

        with databases.connect_as_owner() as reader:
            watcher = threading.Thread(target=lambda: wrong.extend(watch(reader, done)))
            watcher.start()
            try:
                threads.each([partial(write, players, seed) for seed in range(WRITERS)])
            finally:
                done.set()
                watcher.join()
        cast.settle()

        assert wrong == []


class TestTopUpAndDebit:
    def test_of_one_wallet_lose_no_update(self, crew: Hire):
        """16 threads: 250 credits and 250 debits that are larger, so that the wallet comes to owe."""
        alice = cast.player("Alice", 100 * OUTPUT_TOKEN)
        count = times(250) // 8

        def credit() -> None:
            for _ in range(count):
                insist(partial(cast.fund, alice.id, 3 * OUTPUT_TOKEN))

        def debit() -> None:
            for _ in range(count):
                cast.send(cast.report(alice, output=4))
                insist(cast.settle)

        crew(16).each([credit, debit] * 8)
        cast.settle()

        wallet = alice.wallet()
        assert wallet.balance_nanos - wallet.debt_nanos == (100 - 8 * count) * OUTPUT_TOKEN
