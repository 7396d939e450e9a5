"""Serves the Autobahn cases of kosoku, in a process of its own: it patches the standard library.

Prints its port on the first line and, when the client has asked for reports, the verdicts as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys

from kosoku import FailureError, run_fuzzingserver


async def main(cases: list[str]) -> None:
    async with run_fuzzingserver(cases, port=0) as server:
        print(server.port, flush=True)
        try:
            results = await server.get_result()
        except FailureError as failure:
            results = failure.results
    verdicts = {r.case_id: [r.behavior.value, r.behavior_close.value] for r in results}
    print(json.dumps(verdicts), flush=True)


asyncio.run(main(sys.argv[1:]))
