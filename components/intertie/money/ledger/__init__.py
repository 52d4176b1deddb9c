"""The take-or-pay ledger: what was committed to, against what was used. Append-only, with an audit trail.

entries = read(Path("capacity.ledger"))             # verified: numbers, chain of hashes, meaning
append(Path("capacity.ledger"), [commitment_data])  # atomic and durable; a killed write loses nothing acknowledged
balance = balance_of(entries, at)                   # used, idle, coverage per commitment; identities hold exactly
"""

from intertie.money.ledger.balance import Account, Balance, balance_of
from intertie.money.ledger.checks import Finding, findings
from intertie.money.ledger.entries import Cancellation, Commitment, Entry, Use
from intertie.money.ledger.journal import append, read, unfinished

__all__ = [
    "Account", "Balance", "Cancellation", "Commitment", "Entry", "Finding", "Use", "append", "balance_of", "findings",
    "read", "unfinished",
]  # fmt: skip
