"""Writes docs/forecast.md: how good forecasts are on public series. `python tools/forecast_table.py`: a minute."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from intertie.money.forecast.backtest import Tested, backtested  # noqa: E402
from support.public_series import Public, all_series  # noqa: E402

PAGE = ROOT / "docs" / "forecast.md"
_HEAD = (
    "| series | holidays | origins | sMAPE | naive | ratio | MASE | naive | 80 % interval | peak day ±1 | in three |"
    " peak ≤ p90 |"
)


def figures(one: Public, *, place: str, reported: bool = True) -> tuple[Tested, Tested]:
    """Ours and the seasonal naive forecast, on the reported origins or on those of development."""
    return backtested(one.series, one.steps, origins=one.report if reported else one.develop, place=place)


def row(name: str, place: str, ours: Tested, naive: Tested) -> str:
    """One line of the table."""
    cells = (
        name, place or "–", str(ours.origins), f"{ours.smape:.2f}", f"{naive.smape:.2f}",
        f"{ours.smape / naive.smape:.2f}", f"{ours.mase:.2f}", f"{naive.mase:.2f}", f"{ours.coverage:.0%}",
        f"{ours.peak_hit:.0%}", f"{ours.peak_in_three:.0%}", f"{ours.peak_level:.0%}",
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def table(*, reported: bool) -> list[str]:
    """All series without holidays, then with those of their country."""
    lines = [_HEAD, "|" + " --- |" * _HEAD.count(" | ") + " --- |"]
    ratios, covers = [], []
    for with_holidays in (False, True):
        for one in all_series():
            place = one.place if with_holidays else ""
            ours, naive = figures(one, place=place, reported=reported)
            lines.append(row(one.name, place, ours, naive))
            if not with_holidays:
                ratios.append(ours.smape / naive.smape)
                covers.append(ours.coverage)
    mean, cover = sum(ratios) / len(ratios), sum(covers) / len(covers)
    lines += [
        "",
        f"Mean of the ratios without holidays: {mean:.2f}; largest {max(ratios):.2f}; mean coverage {cover:.0%}.",
    ]
    return lines


def page(text: str) -> str:
    """The page with its tables made anew."""
    for name, reported in (("reported", True), ("development", False)):
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = head + begin + "\n".join(["", *table(reported=reported), "", ""]) + end + tail
    return text


def main() -> None:
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
