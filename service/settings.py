"""Settings of the service, read once, frozen, with units. Only `app.py` and the `cli.py` files may import this.

Every setting is the environment variable `GREENLIT_<NAME>`, or a line of `.env`; all are listed in `.env.example`.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, PositiveInt, SecretStr, ValidationError, model_validator

from indexes.settings import Folder, LibrarySettings, settings_error
from indexes.slips import Slip, slips
from service.addresses import collector, names_in, networks, origin

MONTHS_WITHOUT_REASON = 12
_SECRETS = {"database_url", "token", "api_key", "oidc_client_secret", "openwebui_secret"}
_NO_LIMIT = 10**9  # more than anybody sends
_MOST_COPIES = 4  # of the encoder by itself, 45 MB each
_ELSEWHERE = {"GREENLIT_EVAL_DATA", "GREENLIT_NO_SKIPS"}  # read by the judge and by the tests
_BESIDE = {  # read by the Slack bot, in `service/slack_bot/settings.py`
    "GREENLIT_SLACK_BOT_TOKEN",
    "GREENLIT_SLACK_SIGNING_SECRET",
    "GREENLIT_SLACK_APP_TOKEN",
    "GREENLIT_SLACK_HOST",
    "GREENLIT_SLACK_PORT",
    "GREENLIT_SLACK_STATE",
    "GREENLIT_SLACK_SHARE_WITH_APPS",
    "GREENLIT_SLACK_API_URL",
}


class Settings(LibrarySettings):
    """What the service can be told; see `LibrarySettings` for the places."""

    auth: Literal["local", "oidc"] = Field(
        "local", description="who may come: local, one person on this machine; oidc, whom the identity provider knows"
    )
    host: str = Field("127.0.0.1", min_length=1, description="the address to listen on; loopback only in local mode")
    port: int = Field(8000, ge=1, le=65535, description="the port to listen on")
    public_url: Annotated[str, AfterValidator(lambda address: address and origin(address))] = Field(
        "", description="where browsers reach the service, like https://greenlit.northlight.example; needed with oidc"
    )
    trusted_proxies: Annotated[str, AfterValidator(networks)] = Field(
        "", description="addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas"
    )
    api_key: SecretStr | None = Field(
        None, description="the API key with which commands here ask the running service, with oidc"
    )
    tls_certificate: Folder | None = Field(
        None, description="a certificate (PEM) of one's own; a proxy may do TLS instead"
    )
    tls_key: Folder | None = Field(None, description="the key of that certificate (PEM)")
    token: SecretStr | None = Field(None, description="the token of local mode, instead of the one in var/token")
    local_groups: str = Field("", description="groups of the local person besides staff, separated by commas")
    oidc_issuer: str = Field("", description="the identity provider's issuer, to the letter")
    oidc_client_id: str = Field("", description="what the identity provider calls this service")
    oidc_client_secret: SecretStr | None = Field(None, description="the secret of that client, if it has one")
    oidc_audience: str = Field("", description="of tokens that programs bring; programs bring none unless set")
    oidc_person_claim: str = Field("sub", min_length=1, description="the claim that names a person for good")
    oidc_groups_claim: str = Field("groups", min_length=1, description="the claim with a person's groups")
    oidc_email_claim: str = Field("email", min_length=1, description="the claim with a person's e-mail address")
    oidc_scopes: str = Field("openid profile email", description="what is asked of the provider at sign-in")
    oidc_hosts: str = Field("", description="other hosts than the issuer's that it may name, separated by commas")
    openwebui_secret: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        None, description="the secret with which Open WebUI signs who asks, at least 32 characters; see OPENAI.md"
    )
    openwebui_plain_headers: bool = Field(
        False, description="whether to believe Open WebUI's headers without a signature; weak, see OPENAI.md"
    )
    session_hours: float = Field(12.0, gt=0, le=168, description="a session ends after this in any case, in hours")
    session_idle_minutes: float = Field(
        120.0, gt=0, description="a session that is not used ends after this, in minutes"
    )
    directory: Folder | None = Field(
        None,
        description="directory.csv (person,email,groups,active) of the identity provider; var/directory.csv unless set",
    )
    directory_hours: float = Field(
        24.0,
        gt=0,
        le=720,
        description="how long the groups of a last sign-in, a broken directory or rules hold, in hours",
    )
    questions_per_minute: int | None = Field(
        None, ge=1, description="of one person or key, at most; unless set, 60 with oidc and no limit in local mode"
    )
    requests_per_minute: int | None = Field(
        None, ge=1, description="of one person or key, at most; unless set, 600 with oidc and no limit in local mode"
    )
    arrivals_per_minute: int = Field(600, ge=1, description="tries to sign in from one address, at most")
    log_name: str = Field(
        "greenlit.local", pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$", description="the name of the audit log, in its origin"
    )
    keys: Folder | None = Field(None, description="the folder of the log's keys; var/keys unless set")
    retention_months: int = Field(
        12, ge=6, le=36, description="how long questions and answers are kept, in months; more than 12 needs a reason"
    )
    retention_reason: str = Field("", max_length=500, description="why they are kept for more than 12 months")
    evidence: Folder | None = Field(
        None, description="the calibration made by `greenlit eval calibrate --set`; the shipped one unless set"
    )
    reranker: str = Field("", description="a cross-encoder's folder, for a second look at passages; none unless set")
    answerer: Literal["extractive", "llm"] = Field(
        "extractive", description="what answers are: extractive, quotes alone; llm, what a model wrote and was checked"
    )
    model: Annotated[str, AfterValidator(str.strip)] = Field(
        "", description="the language model, by its name in models.toml; see MODELS.md"
    )
    judge: Literal["none", "llm"] = Field(
        "none", description="llm: the model says which passages answer a question, or that none does"
    )
    rewriter: Literal["rules", "llm"] = Field(
        "rules",
        description="what rewrites a follow-up to stand alone: rules; llm, the model, checked, rules if it fails",
    )
    model_fails: Literal["quote", "refuse"] = Field(
        "quote",
        description="where the model fails, or nothing of it holds up: quote, quotes instead; refuse, 503 or no answer",
    )
    entailment: Folder | None = Field(
        None,
        description="the folder of an NLI cross-encoder that written sentences are held to besides; see MODELS.md",
    )
    entailment_least: float = Field(
        0.5, ge=0, le=1, description="the least share of entailment of a sentence that is released, from 0 to 1"
    )
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="a port for /metrics alone, without an identity; none unless set"
    )
    metrics_host: str = Field("127.0.0.1", min_length=1, description="the address of that port")
    otlp_endpoint: Annotated[str, AfterValidator(lambda address: address and collector(address))] = Field(
        "",
        description="a collector of traces by OTLP over HTTP, like http://127.0.0.1:4318; needs greenlit[traces]; "
        "nothing is sent unless set",
    )
    mcp: bool = Field(False, description="whether MCP clients are served at /mcp; needs greenlit[mcp]")
    url: Annotated[str, AfterValidator(lambda address: address and origin(address))] = Field(
        "",
        description="where greenlit mcp and greenlit slack find the service; the one of this machine unless set",
    )
    max_question_chars: int = Field(2000, ge=1, le=8000, description="longer questions are refused, in characters")
    max_concurrent: int = Field(16, ge=1, le=256, description="questions worked on at once; more wait")
    max_queued: int = Field(256, ge=0, le=10_000, description="questions that may wait; more are turned away with 429")
    max_wait_s: float = Field(20.0, gt=0, le=600, description="a question that waits longer is turned away, in s")
    max_writing: int = Field(
        16,
        ge=1,
        le=256,
        description="answers at once that a language model has a part in, beside the others; more wait",
    )
    encoder_copies: Literal["auto"] | PositiveInt = Field(
        "auto", description="copies of the encoder, a thread each; auto: one for two cores, at most four"
    )
    encoder_batch: int = Field(32, ge=1, le=1024, description="questions that are encoded together, at most")
    encoder_wait_ms: float = Field(0.0, ge=0, le=1000, description="how long a batch waits for more questions, in ms")

    @model_validator(mode="after")
    def _reason_beyond_a_year(self) -> Self:
        if self.retention_months > MONTHS_WITHOUT_REASON and not self.retention_reason.strip():
            raise ValueError(
                f"expected GREENLIT_RETENTION_REASON to say why questions are kept for {self.retention_months} months: "
                f"more than {MONTHS_WITHOUT_REASON} needs a reason, which the page shows to everybody who asks"
            )
        return self

    @model_validator(mode="after")
    def _named_model(self) -> Self:
        if self.wants_a_model and not self.model:
            raise ValueError(f"expected GREENLIT_MODEL with {self.wanted_for}, as models.toml names it, got none")
        return self

    @model_validator(mode="after")
    def _whole_sign_in(self) -> Self:
        if self.auth == "oidc":
            needed = {
                "OIDC_ISSUER": self.oidc_issuer,
                "OIDC_CLIENT_ID": self.oidc_client_id,
                "PUBLIC_URL": self.public_url,
            }
            if missing := [name for name, value in needed.items() if not value]:
                raise ValueError(f"expected GREENLIT_{missing[0]} with GREENLIT_AUTH=oidc, got none")
        if self.openwebui_secret is not None and self.openwebui_plain_headers:
            raise ValueError(
                "expected GREENLIT_OPENWEBUI_SECRET or GREENLIT_OPENWEBUI_PLAIN_HEADERS, got both: with the secret, "
                "what is not signed does not count"
            )
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("expected GREENLIT_TLS_CERTIFICATE and GREENLIT_TLS_KEY together, got one of them")
        return self

    @property
    def wants_a_model(self) -> bool:
        """Whether a language model is to write, judge, or rewrite follow-ups."""
        return bool(self.wanted_for)

    @property
    def wanted_for(self) -> str:
        """The first setting that asks for a language model; empty where none does."""
        asks = {"ANSWERER": self.answerer, "JUDGE": self.judge, "REWRITER": self.rewriter}
        return next((f"GREENLIT_{name}=llm" for name, value in asks.items() if value == "llm"), "")

    def keys_folder(self) -> Path:
        """Return the folder of the log's keys."""
        return self.keys or self.state / "keys"

    def groups(self) -> frozenset[str]:
        """Return the local person's groups besides everybody's."""
        return frozenset(names_in(self.local_groups))

    def limits_a_minute(self) -> tuple[int, int]:
        """Return how many questions, and how many requests, one person or key may send in a minute."""
        questions, requests = (60, 600) if self.auth == "oidc" else (_NO_LIMIT, _NO_LIMIT)
        return self.questions_per_minute or questions, self.requests_per_minute or requests

    def proxies(self) -> list[str]:
        """Return the addresses and networks of proxies that are believed."""
        return names_in(self.trusted_proxies)

    def provider_hosts(self) -> tuple[str, ...]:
        """Return the hosts besides the issuer's that the identity provider may name."""
        return tuple(names_in(self.oidc_hosts))

    def given_token(self) -> str | None:
        """Return the token that the configuration names, if it names one."""
        return self.token.get_secret_value() if self.token else None

    def config_hash(self, *, entailment: str | None = None) -> str:
        """Return the SHA-256 (hex) of all settings but the secret ones, which the record of a question holds.

        Args:
            entailment: the digest of the entailment model that is loaded; its folder's name says little.
        """
        values = self.model_dump(mode="json", exclude=_SECRETS) | {"entailment_digest": entailment}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def read_settings() -> Settings:
    """Read the settings.

    Raises:
        SettingsError: naming the variable that is wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise settings_error(error) from error


def environment() -> dict[str, str]:
    """Return the variables of the environment, and of `.env` where it has none of that name: keys of models."""
    return {name: value for name, value in dotenv_values(".env").items() if value is not None} | dict(os.environ)


def encoder_copies(settings: Settings) -> int:
    """Return how many copies of the encoder answer questions.

    By itself one for two cores, at most four: beside every copy there is a core's worth of other work, and with fewer
    copies batches are larger.
    """
    if settings.encoder_copies != "auto":
        return settings.encoder_copies
    return max(1, min((os.cpu_count() or 1) // 2, _MOST_COPIES))


def unknown_settings() -> list[Slip]:
    """Return what looks like a setting of ours, in the environment or `.env`, and is none."""
    known = {f"GREENLIT_{name.upper()}" for name in Settings.model_fields} | _ELSEWHERE | _BESIDE
    return slips(environment(), known)
