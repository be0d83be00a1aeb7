"""Certificates for tests of HTTPS: authorities, and what they sign, in files."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass
class Certificates:
    """An authority with a server and a client, and a client of another authority."""

    folder: Path

    def __post_init__(self) -> None:
        # The other one says that it is the same.
        for name in ("", "other-"):
            authority = trustme.CA(organization_name="Metrion", organization_unit_name="tests")
            authority.cert_pem.write_to_path(str(self[f"{name}ca.pem"]))
            authority.private_key_pem.write_to_path(str(self[f"{name}ca.key"]))
            self._sign(authority, f"{name}server", "127.0.0.1", "localhost")
            self._sign(authority, f"{name}client", "prometheus@example.org")
        # A folder of authorities, with a file of another kind.
        (self.folder / "authorities").mkdir()
        (self.folder / "authorities" / "readme.txt").write_text("Authorities.")
        (self.folder / "authorities" / "one.pem").write_text(self["ca.pem"].read_text())
        self["broken.pem"].write_text("-----BEGIN CERTIFICATE-----\nno base64\n")
        self["empty.pem"].write_text("")

    def _sign(self, authority: trustme.CA, name: str, *identities: str) -> None:
        issued = authority.issue_cert(*identities)
        issued.private_key_pem.write_to_path(str(self[f"{name}.key"]))
        self[f"{name}.pem"].write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))

    def __getitem__(self, name: str) -> Path:
        return self.folder / name

    def sign_version_1(self, name: str, authority: str, days: int = 1) -> None:
        """What `openssl x509 -req` makes where nobody speaks of extensions."""
        openssl = shutil.which("openssl")
        assert openssl, "openssl is missing: apt-get install openssl"
        request = self[f"{name}.request"]
        for arguments in [
            ("req", "-new", "-key", self["client.key"], "-subj", "/CN=v1", "-out", request),
            (
                *("x509", "-req", "-in", request, "-out", self[f"{name}.pem"]),
                *("-CA", self[f"{authority}.pem"], "-CAkey", self[f"{authority}.key"]),
                *("-set_serial", "1", "-days", str(days)),
            ),
        ]:
            subprocess.run([openssl, *map(str, arguments)], check=True, capture_output=True)
        shutil.copy(self["client.key"], self[f"{name}.key"])
