"""Lints many files with pkilint in one process: its commands take a second each to start, the checks milliseconds.

Reads lines `KIND<tab>FILE<tab>ISSUER` from standard input; ISSUER, a certificate, may be empty. Writes a line
`FILE<tab>CODE<tab>MESSAGE` for each finding of at least WARNING, and at the end `linted N`.
Runs in a Python with pkilint: $VENV/bin/python lint_many.py < list
"""

import contextlib
import csv
import io
import sys

from pkilint.bin import (
    lint_crl,
    lint_etsi_cert,
    lint_ocsp_response,
    lint_pkix_cert,
    lint_pkix_signer_signee_cert_chain,
)

PKIX = (lint_pkix_cert, [])
# pkilint has no type for seals in a qualified device: the nearest is that of legal persons.
ETSI = {
    "ncp-n": "NCP-NATURAL-PERSON-CERTIFICATE",
    "qcp-n-qscd": "QCP-N-QSCD-EIDAS-FINAL-CERTIFICATE",
    "ncp-l": "NCP-LEGAL-PERSON-CERTIFICATE",
    "qcp-l-qscd": "NCP-LEGAL-PERSON-CERTIFICATE",
}
COMMANDS = {
    "pkix": [PKIX],
    "crl": [(lint_crl, ["-t", "CRL", "-p", "PKIX"])],
    "arl": [(lint_crl, ["-t", "ARL", "-p", "PKIX"])],
    "ocsp": [(lint_ocsp_response, [])],
    **{kind: [PKIX, (lint_etsi_cert, ["-t", name])] for kind, name in ETSI.items()},
}


def run(command, options, files):
    """Codes and messages of what one command finds in `files`; a file that it cannot read is a finding."""
    said, complaint = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
        command.main(["lint", *options, "-s", "WARNING", "-f", "CSV", *files])
    rows = list(csv.DictReader(io.StringIO(said.getvalue())))
    if complaint.getvalue() or not said.getvalue().startswith("node_path,"):
        rows.append({"code": "not linted", "message": complaint.getvalue().strip()})
    return [(row["code"], row["message"] or "") for row in rows]


def main():
    lines = [line.rstrip("\n").split("\t") for line in sys.stdin]
    for kind, file, issuer in lines:
        runs = [(command, options, [file]) for command, options in COMMANDS[kind]]
        if issuer:
            runs.append((lint_pkix_signer_signee_cert_chain, [], [issuer, file]))
        for command, options, files in runs:
            for code, message in run(command, options, files):
                print(file, code, message.replace("\n", " "), sep="\t")
    print("linted", len(lines))


main()
