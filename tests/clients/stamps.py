#!/usr/bin/env python3
"""Time stamps through rfc3161-client and pyHanko, each verifying by itself.

Env: TSA_URL (http://127.0.0.1:8446/tsa)     TRUST_PEM  file with the root
Exit 0: every stamp verifies, and none of another document; last line "stamps: N ok, 0 failed".
"""
import asyncio, hashlib, os, sys, urllib.request
import cryptography.x509 as x509
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response
from pyhanko.keys import load_certs_from_pemder
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

URL, TRUST = os.environ["TSA_URL"], os.environ["TRUST_PEM"]
DOCUMENT = b"a decision of an agency"
good = bad = 0


def ok(name, holds):
    global good, bad
    good, bad = good + bool(holds), bad + (not holds)
    print("ok  " if holds else "FAIL", name)


def ask(query):
    request = urllib.request.Request(URL, query, {"content-type": "application/timestamp-query"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["content-type"] == "application/timestamp-reply"
        return answer.read()


def rfc3161_client():
    roots = x509.load_pem_x509_certificates(open(TRUST, "rb").read())
    for algorithm in (HashAlgorithm.SHA256, HashAlgorithm.SHA512):
        query = TimestampRequestBuilder().data(DOCUMENT).hash_algorithm(algorithm).nonce(nonce=True).cert_request(cert_request=True).build()
        response = decode_timestamp_response(ask(query.as_bytes()))
        verifier = VerifierBuilder.from_request(query)
        for root in roots:
            verifier = verifier.add_root_certificate(root)
        verifier = verifier.build()
        ok(f"rfc3161-client, {algorithm.name}", verifier.verify_message(response, DOCUMENT))
        try:
            refused = not verifier.verify_message(response, DOCUMENT + b".")
        except VerificationError:
            refused = True
        ok(f"rfc3161-client, {algorithm.name}, another document", refused)


async def pyhanko():
    context = lambda: ValidationContext(trust_roots=list(load_certs_from_pemder([TRUST])), allow_fetching=False)
    stamper = HTTPTimeStamper(URL)
    for algorithm in ("sha256", "sha384", "sha512"):
        digest = hashlib.new(algorithm, DOCUMENT).digest()
        token = await stamper.async_request_tsa_response(stamper_request(stamper, digest, algorithm))
        token = token["time_stamp_token"]
        status = await validate_tst_signed_data(token["content"], context(), lambda _: digest)
        ok(f"pyHanko, {algorithm}", status["intact"] and status["valid"])
        other = hashlib.new(algorithm, DOCUMENT + b".").digest()
        status = await validate_tst_signed_data(token["content"], context(), lambda _: other)
        ok(f"pyHanko, {algorithm}, another document", not status["intact"])


def stamper_request(stamper, digest, algorithm):
    _, request = stamper.request_cms(digest, algorithm)
    return request


rfc3161_client()
asyncio.run(pyhanko())
print(f"stamps: {good} ok, {bad} failed")
sys.exit(bad > 0)
