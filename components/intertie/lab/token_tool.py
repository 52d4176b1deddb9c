"""Stands in for `aws eks get-token`, `gke-gcloud-auth-plugin` and `kubelogin get-token` inside a lab.

The kubeconfigs that the platforms write call these programs. Here they answer with the lab's own token, which the
lab's API servers accept and nothing else does. Any other request to `aws` is refused: nobody should take this for
the cloud's tool.
"""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path


def main() -> None:
    """Print an ExecCredential. Exit code 3 outside a lab or for any other request than a token."""
    tool, *asked = sys.argv[1:]
    if tool == "aws" and ("eks", "get-token") not in pairwise(asked):  # options may stand before it
        sys.stderr.write("this `aws` belongs to an Intertie lab and answers `aws eks get-token` only\n")
        sys.exit(3)
    folder = os.environ.get("INTERTIE_LAB")
    if not folder:
        sys.stderr.write("this program works inside an Intertie lab only: see `intertie lab up`\n")
        sys.exit(3)
    try:
        token = Path(folder, "token").read_text()
    except OSError:
        sys.stderr.write(f"the Intertie lab in {folder} has gone: see `intertie lab up`\n")
        sys.exit(3)
    credential = {
        "apiVersion": _version(),
        "kind": "ExecCredential",
        "spec": {},
        "status": {"token": token},
    }
    sys.stdout.write(json.dumps(credential))


def _version() -> str:
    """The API version that the caller speaks: it says so in its environment, else the clouds' common one."""
    try:
        return json.loads(os.environ["KUBERNETES_EXEC_INFO"])["apiVersion"]
    except (KeyError, ValueError, TypeError):
        return "client.authentication.k8s.io/v1beta1"


if __name__ == "__main__":
    main()
