"""Faults planted in running drivers (tool/inject/inject.py, doc/reliability.md), a few of what `make inject` does.

inject.DRIVER.rvNN     after each of FAULTS faults the driver serves rightly again, the kernel stands, and some had an effect
"""

import os
import sys
import tempfile

from check import WIDTHS, Check, Job, failed, passed

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../inject"))
FAULTS, SEED = 40, 1


def verdict(totals, cases):
    """What is wrong, or an empty text."""
    if totals["kernel-failures"] or totals["recovered"] != FAULTS:
        bad = [case for case in cases if "failure" in case or case["recovered"] != "1"]
        return "\n".join(" ".join(f"{key}={value}" for key, value in case.items()) for case in bad)
    # A campaign that plants nothing would be sound, too.
    return "" if totals["activated"] and totals["crashes"] else f"no fault had an effect: {totals}"


def job(driver, width):
    name = f"inject.{driver}.rv{width}"

    def run(_):
        import inject
        with tempfile.TemporaryDirectory() as folder:
            campaign = inject.Campaign(width, driver, SEED, folder, "kernel-test")
            campaign.run(0, FAULTS)
        wrong = verdict(inject.totals(campaign.cases), campaign.cases)
        return [failed(name, wrong) if wrong else passed(name)]

    out = f"build/rv{width}"
    return Job([Check(name, f"after each of {FAULTS} faults planted in {driver} it serves rightly again, and the kernel stands")], run,
               goals=[(width, "image-parts"), (width, f"{out}/system/inject"), (width, f"{out}/program/test-inject")],
               repeat=f"make inject DRIVER={driver} WIDTH={width} N={FAULTS} SEED={SEED} KERNEL=kernel-test")


def jobs(width):
    import inject
    return [job(driver, one) for one in ([width] if width else WIDTHS) for driver in inject.DRIVERS]
