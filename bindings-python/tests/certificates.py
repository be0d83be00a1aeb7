"""Certificates for tests of HTTPS: authorities, and what they sign, in files."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass
class Certificates:
    """An authority with a server and a client, and a client of another authority."""

    folder: Path

    def __post_init__(self) -> None:
        for name, authority in [("", trustme.CA()), ("other-", trustme.CA())]:
            authority.cert_pem.write_to_path(str(self.folder / f"{name}ca.pem"))
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
