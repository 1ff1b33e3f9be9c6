"""Benchmark: what the Dataverse twin's calls cost at 1,000 and at 100,000 rows, in one run.

Usage: python -m tests.bench.dynamics_twin_scale [SMALL LARGE]. Prints one JSON document: seconds
per call at both sizes with their ratio, and the twin's throughput in CPU seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from dynamics_xero.sandbox.dynamics.twin import DynamicsTwin
from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.home import Home
from dynamics_xero.sandbox.quota import Api, AppWindow
from dynamics_xero.sandbox.web import Request, Response

CRM = "Microsoft.Dynamics.CRM"
ROUNDS = 8
COLUMNS = (
    "name,accountnumber,emailaddress1,telephone1,telephone2,fax,websiteurl,address1_line1,"
    "address1_city,address1_country,address1_postalcode,address1_stateorprovince,address2_line1,"
    "address2_city,statecode,statuscode,modifiedon,versionnumber,_primarycontactid_value,"
    "_modifiedby_value"
)


@dataclass
class Bench:
    """A twin without a port: what is timed is the twin, not TLS."""

    twin: DynamicsTwin
    endpoint: Endpoint

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Response:
        """Make one call as the loader. Fails on a refusal."""
        resource, _, query = path.partition("?")
        token = self.endpoint.people.named("loader").token
        json_type = {"content-type": "application/json"} if body else {}
        sent = {"authorization": f"Bearer {token}", **json_type} | (headers or {})
        url = self.endpoint.facts["url"]
        request = Request(method, f"/api/data/v9.2/{resource}", query, sent, body, url, "bench")
        answer = self.twin.handle(request, self.endpoint)
        assert answer.status < 400, answer.body
        return answer

    def create(self, first: int, count: int) -> list[str]:
        """Create accounts by CreateMultiple and return their ids."""
        body = json.dumps({"Targets": [account(number) for number in range(first, first + count)]})
        answer = self.call("POST", f"accounts/{CRM}.CreateMultiple", body.encode())
        ids: list[str] = json.loads(answer.body)["Ids"]
        return ids

    def patch_batch(self, ids: list[str]) -> Response:
        """Change one column of many rows in one $batch."""
        parts = "".join(
            f"--b\r\nContent-Type: application/http\r\n\r\nPATCH /api/data/v9.2/accounts({row_id}) "
            f"HTTP/1.1\r\nContent-Type: application/json\r\nIf-Match: *\r\n\r\n"
            f'{{"telephone2":"{index}"}}\r\n'
            for index, row_id in enumerate(ids)
        )
        headers = {
            "content-type": "multipart/mixed; boundary=b",
            "prefer": "odata.continue-on-error",
        }
        return self.call("POST", "$batch", f"{parts}--b--\r\n".encode(), headers)


def account(number: int) -> dict[str, object]:
    """Return a filled account."""
    return {
        "@odata.type": f"{CRM}.account",
        "name": f"Account {number:07}",
        "accountnumber": f"N{number}",
        "emailaddress1": f"a{number}@example.com",
        "telephone1": f"+64 4 {number}",
        "fax": "1",
        "websiteurl": "https://example.com",
        "address1_line1": f"{number} Main Street\r\nFloor 2",
        "address1_city": "Wellington",
        "address1_country": "New Zealand",
        "address1_postalcode": "6011",
        "customertypecode": 3,
    }


def opened(folder: Path) -> Bench:
    """Return a twin with an empty environment."""
    home = Home(folder, seed=1, real=lambda: datetime.now(UTC))
    endpoint = home.endpoint(Api.DYNAMICS, "env1", switches=DynamicsTwin.switches, app=AppWindow())
    endpoint.facts["url"] = "https://localhost:1"
    return Bench(DynamicsTwin(endpoint), endpoint)


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the CPU seconds of the fastest round: what is slower is noise of the machine."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def costs(bench: Bench, ids: list[str], rows: int) -> dict[str, float]:
    """Return what the three calls of issue 2 cost at the present size, and three more."""
    middle = ids[len(ids) // 2]
    page = {"prefer": "odata.maxpagesize=100"}
    fresh = iter(range(rows * 10, rows * 10 + 100_000, 50))
    return {
        "page_of_100": seconds(lambda: bench.call("GET", "accounts", headers=page)),
        "ordered_page_of_100": seconds(
            lambda: bench.call("GET", "accounts?$orderby=name&$select=name", headers=page)
        ),
        "create_of_50": seconds(lambda: bench.create(next(fresh), 50)),
        "look_up_by_id": seconds(
            lambda: [bench.call("GET", f"accounts({middle})") for _ in range(20)]
        )
        / 20,
        "find_by_number": seconds(
            lambda: bench.call("GET", "accounts?$filter=accountnumber%20eq%20'N77'&$select=name")
        ),
    }


def throughput(bench: Bench, ids: list[str]) -> dict[str, float]:
    """Return CPU seconds of the big calls."""
    return {
        "create_multiple_1000": seconds(lambda: bench.create(5_000_000, 1000), rounds=3),
        "batch_of_1000_patches": seconds(lambda: bench.patch_batch(ids[:1000]), rounds=3),
        "page_of_5000": seconds(lambda: bench.call("GET", f"accounts?$select={COLUMNS}"), rounds=3),
    }


def measured(small: int, large: int, *, big_calls: bool = True) -> dict[str, object]:
    """Fill one twin to both sizes and return costs, ratios and, with `big_calls`, throughput."""
    with TemporaryDirectory(prefix="bench-") as folder:
        bench = opened(Path(folder))
        ids = bench.create(0, small)
        at_small = costs(bench, ids, small)
        for first in range(len(ids), large, 1000):
            ids += bench.create(first, min(1000, large - first))
        at_large = costs(bench, ids, large)
        result: dict[str, object] = {
            "rows": [small, large],
            "seconds": {name: [at_small[name], at_large[name]] for name in at_small},
            "ratios": {name: round(at_large[name] / at_small[name], 2) for name in at_small},
            "throughput_cpu_s": throughput(bench, ids) if big_calls else {},
        }
        bench.endpoint.database.close()
    return result


if __name__ == "__main__":
    sizes = [int(text) for text in sys.argv[1:]] or [1000, 100_000]
    print(json.dumps(measured(*sizes), indent=1))
