"""Settings: what is read, what is refused, and how it is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dynamics_xero.errors import SettingsError
from dynamics_xero.settings import FirstRun, LimitsSettings, Secret, load
from tests.unit.settings_cases import KEY, changed, read, written

URL = "connections__main__dynamics__url"
ALLOW = "connections__main__dynamics__allow_custom_host"
API_URL = "connections__main__xero__api_url"
ENVIRONMENT_API_URL = "DYNAMICS_XERO_CONNECTIONS__MAIN__XERO__API_URL"
SECRET_FILE = "connections__main__xero__client_secret_file"


def problems(folder: Path, environment: dict[str, str] | None = None, /, **values: object) -> str:
    """Return what reading complains about."""
    with pytest.raises(SettingsError) as caught:
        read(folder, environment, **values)
    return "\n".join(caught.value.problems)


def test_a_short_file_is_enough_and_the_rest_has_the_contracts_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path)

    assert settings.first_run is FirstRun.PLAN
    assert settings.broker == "embedded"
    assert settings.connections["main"].dynamics.poll_s == 10
    assert settings.connections["main"].xero.poll_s == 300
    assert settings.connections["main"].xero.api_url == "https://api.xero.com/api.xro/2.0"
    assert settings.linger_s is None
    assert settings.keys == (KEY,)


def test_relative_paths_start_from_the_files_folder(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n", "ascii")
    settings = read(tmp_path, connections__main__xero__ca_file="tls/ca.pem")

    assert settings.state == f"sqlite:///{tmp_path}/state.db"
    assert settings.key_file == tmp_path / "key"
    assert settings.connections["main"].xero.ca_file == tmp_path / "tls" / "ca.pem"
    assert settings.home == tmp_path


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    environment = {
        ENVIRONMENT_API_URL: "https://api.xero.com/api.xro/2.0/",
        "DYNAMICS_XERO_FIRST_RUN": "apply",
        "DYNAMICS_XERO_FROM_DATE": "2026-03-01",
        "DYNAMICS_XERO_CONNECTIONS__MAIN__DYNAMICS__POLL_S": "2.5",
        "DYNAMICS_XERO_ENTITIES__ACCOUNT__ENABLED": "false",
        "DYNAMICS_XERO_LIMITS__BATCH": "10",
    }

    settings = read(tmp_path, environment, connections__main__xero__api_url="https://elsewhere")

    assert settings.connections["main"].xero.api_url == "https://api.xero.com/api.xro/2.0"
    assert settings.first_run is FirstRun.APPLY
    assert settings.from_date == date(2026, 3, 1)
    assert settings.connections["main"].dynamics.poll_s == 2.5
    assert settings.entities["account"].enabled is False
    assert settings.limits == LimitsSettings(batch=10, call_s=35, deadline_s=100)


def test_the_usual_limits_let_a_call_wait_a_minute_for_its_turn(tmp_path: Path) -> None:
    limits = read(tmp_path).limits

    assert limits.turn_s == pytest.approx(62)
    assert limits.turn_s + limits.call_s < limits.deadline_s


def test_r22_a_deadline_leaves_a_call_time_to_wait_and_to_run(tmp_path: Path) -> None:
    short = read(tmp_path, limits__call_s=3, limits__deadline_s=5).limits

    assert short.turn_s + short.call_s < short.deadline_s
    said = problems(tmp_path, limits__call_s=4, limits__deadline_s=5)
    assert "limits.deadline_s must be at least 1.5 times call_s" in said


def test_a_fault_from_the_environment_names_the_variable(tmp_path: Path) -> None:
    said = problems(tmp_path, {ENVIRONMENT_API_URL: "ftp://api.xero.com"})

    assert f"(from {ENVIRONMENT_API_URL})" in said


def test_variables_that_only_share_the_prefix_are_left_alone(tmp_path: Path) -> None:
    settings = read(
        tmp_path, {"DYNAMICS_XERO_PORT": "tcp://10.0.0.1:80", "DYNAMICS_XERO_CONFIG": "x"}
    )

    assert settings.broker == "embedded"
    assert 'Did you mean "state"' in problems(tmp_path, {"DYNAMICS_XERO_STAET": "x"})


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    said = problems(
        tmp_path,
        state=None,
        first_run="later",
        from_date="soon",
        connections__main__dynamics__client_id=None,
        connections__main__xero__poll_s="often",
        connections__main__xero__tennant_id="x",
        entities__account__enabled="perhaps",
    )

    assert len(said.splitlines()) == 7
    for expected in (
        'state is missing. Write state = "sqlite:///state.db".',
        'first_run must be "plan" or "apply"',
        "from_date must be a date such as 2026-01-01",
        "connections.main.dynamics.client_id is missing.",
        "connections.main.xero.poll_s must be a number of seconds",
        'connections.main.xero.tennant_id is not a setting. Did you mean "tenant_id"?',
        "entities.account.enabled must be true or false",
    ):
        assert expected in said


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"entities__account__owner": "xero"}, "come with a later version"),
        ({"zzz": "red"}, "zzz is not a setting. Known here: broker,"),
    ],
)
def test_what_comes_later_is_told_apart_from_what_is_unknown(
    tmp_path: Path, values: dict[str, object], expected: str
) -> None:
    assert expected in problems(tmp_path, **values)


@pytest.mark.parametrize(
    "url",
    [
        "http://contoso.crm.dynamics.com",
        "https://contoso.crm.dynamics.com@evil.example",
        "https://evil.example",
        "https://contoso.crm.dynamics.com.evil.example",
        "https://contoso.crm.dynamics.com:8443",
        "https://crm.dynamics.com",
        "https://contoso.crm.dynamics.com\\@evil.example",
        "https://contoso.crm.dynamics.com/ evil",
        "https://contoso.crm.dynamics.com?x=1",
        "contoso.crm.dynamics.com",
        "file:///etc/passwd",
        "https://[contoso",
        "https://169.254.169.254",
        "https://localhost:9000",
    ],
)
def test_r38_no_secret_is_sent_to_a_host_that_nobody_vouched_for(tmp_path: Path, url: str) -> None:
    assert "connections.main.dynamics.url " in problems(
        tmp_path, **{URL: url.replace("\\", "\\\\")}
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://contoso.crm.dynamics.com/",
        "https://contoso.crm11.dynamics.com:443",
        "https://contoso.crm9.dynamics.com",
        "https://contoso.crm.microsoftdynamics.us",
        "https://contoso.crm.dynamics.cn",
    ],
)
def test_microsofts_own_hosts_need_no_word(tmp_path: Path, url: str) -> None:
    assert read(tmp_path, **{URL: url}).connections["main"].dynamics.url == url.rstrip("/")


@pytest.mark.parametrize("url", ["http://localhost:9000", "http://127.0.0.1:1", "https://a.test"])
def test_another_host_needs_allow_custom_host_in_its_own_section(tmp_path: Path, url: str) -> None:
    assert read(tmp_path, **{URL: url, ALLOW: True}).connections["main"].dynamics.url == url
    assert "allow_custom_host" in problems(tmp_path, **{API_URL: url, ALLOW: True})


def test_plain_http_stays_refused_beyond_this_machine(tmp_path: Path) -> None:
    assert "https://" in problems(tmp_path, **{URL: "http://192.168.1.5", ALLOW: True})
    assert "this machine" in problems(tmp_path, clock_url="https://time.example/")


def test_secrets_may_stand_in_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n", "utf-8")

    by_key = read(tmp_path, connections__main__xero__client_secret=None, **{SECRET_FILE: "secret"})
    variable = f"DYNAMICS_XERO_{SECRET_FILE.upper()}"
    by_variable = read(tmp_path, {variable: str(tmp_path / "secret")})

    assert by_key.connections["main"].xero.client_secret == "from-a-file"
    assert by_variable.connections["main"].xero.client_secret == "from-a-file"
    assert "is given twice" in problems(tmp_path, **{SECRET_FILE: "secret"})
    assert "cannot be read" in problems(
        tmp_path, connections__main__xero__client_secret=None, **{SECRET_FILE: "nowhere"}
    )


def test_the_key_is_read_from_its_file_or_from_the_environment(tmp_path: Path) -> None:
    other = KEY.replace("a", "b")

    settings = read(tmp_path, {"DYNAMICS_XERO_KEY": f"{other},{KEY}"})

    assert settings.keys == (other, KEY)
    assert "must not stand in this file" in problems(tmp_path, key=KEY)
    assert "key_file is missing" in problems(tmp_path, key_file=None)
    assert "key holds no key" in problems(tmp_path, {"DYNAMICS_XERO_KEY": "short"})


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, changed())
    (tmp_path / "key").chmod(0o640)

    with pytest.raises(SettingsError, match="chmod 600"):
        load(file, {})


def test_a_key_file_that_is_gone_is_named_with_the_command_that_makes_one(tmp_path: Path) -> None:
    file = written(tmp_path, changed())
    (tmp_path / "key").unlink()

    with pytest.raises(SettingsError, match=r"/key\. `dynamics-xero init` makes a new one"):
        load(file, {})


def test_a_certificate_file_that_is_gone_or_holds_none_is_named(tmp_path: Path) -> None:
    name = "connections__main__dynamics__ca_file"
    (tmp_path / "junk.pem").write_text("junk", "ascii")

    gone = problems(tmp_path, **{name: "gone.pem"})
    junk = problems(tmp_path, **{name: "junk.pem"})

    assert gone.startswith("connections.main.dynamics.ca_file cannot be read: No such file")
    assert junk.startswith("connections.main.dynamics.ca_file holds no certificate")
    assert str(tmp_path / "gone.pem") in gone
    assert str(tmp_path / "junk.pem") in junk


def test_r38_printed_settings_show_no_secret(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        state="postgresql+psycopg://app:database-canary@db.example/sync",
        broker="amqp://app:broker-canary@mq.example//",
        sentry_dsn="https://dsn-canary@sentry.example/1",
        connections__main__xero__proxy="http://app:proxy-canary@proxy.example:3128",
    )

    shown = f"{settings!r} {settings}"

    assert len(settings.secrets()) == 7
    assert [secret for secret in settings.secrets() if secret in shown] == []
    assert "canary" not in shown
    assert isinstance(settings.state, Secret)


def test_a_file_that_is_not_there_or_not_toml_is_told_plainly(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("state = ", "utf-8")

    with pytest.raises(SettingsError, match="dynamics-xero init"):
        load(tmp_path / "absent.toml", {})
    with pytest.raises(SettingsError, match="is not TOML"):
        load(broken, {})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"state": "mysql://x/y"}, "state must begin with sqlite:///"),
        ({"state": "sqlite:///:memory:"}, "state must name a file"),
        ({"broker": "kafka://x"}, "broker must be"),
        ({"connections__Main__xero__flow": "x"}, "connections.Main must be named"),
        ({"connections__main__xero": "x"}, "must be a section: [connections.main.xero]"),
        ({"connections__main__xero": None}, "connections.main.xero is missing"),
        ({"connections": {}}, "connections is missing"),
        ({"connections": "x"}, "connections must hold sections"),
        ({"linger_s": -1}, "linger_s must be between"),
        ({"connections__main__xero__poll_s": 0}, "must be between 0.1 and 86400"),
    ],
)
def test_what_cannot_work_is_refused(
    tmp_path: Path, values: dict[str, object], expected: str
) -> None:
    assert expected in problems(tmp_path, **values)


DYNAMICS = "connections__main__dynamics"
XERO = "connections__main__xero"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({f"{DYNAMICS}__managed_identity": True}, "exclude each other"),
        ({f"{DYNAMICS}__certificate_file": "key"}, "exclude each other"),
        ({f"{DYNAMICS}__client_secret": None}, "dynamics.client_secret is missing"),
        ({f"{DYNAMICS}__authority": None}, "dynamics.authority is missing"),
        ({f"{DYNAMICS}__client_id": None}, "dynamics.client_id is missing"),
        ({f"{XERO}__client_secret": None}, "xero.client_secret is missing"),
        ({f"{XERO}__flow": "implicit"}, 'must be "custom_connection" or "code"'),
        ({f"{XERO}__login_url": "https://login.xero.com.evil.example"}, "not the vendor's host"),
        ({f"{XERO}__redirect_port": 0}, "between 1 and 65535"),
    ],
)
def test_each_way_to_sign_in_is_whole_and_there_is_only_one(
    tmp_path: Path, values: dict[str, object], expected: str
) -> None:
    assert expected in problems(tmp_path, **values)


def test_a_managed_identity_needs_no_secret_and_an_app_for_pkce_neither(tmp_path: Path) -> None:
    without = {f"{DYNAMICS}__{name}": None for name in ("client_secret", "authority", "client_id")}
    settings = read(
        tmp_path,
        **{
            **without,
            f"{DYNAMICS}__managed_identity": True,
            f"{XERO}__flow": "code",
            f"{XERO}__client_secret": None,
        },
    )

    one = settings.connections["main"]
    assert one.dynamics.managed_identity
    assert (one.dynamics.client_id, one.dynamics.client_secret, one.xero.client_secret) == (
        "",
        "",
        "",
    )
    assert "" not in settings.secrets()


def test_a_certificate_file_is_ours_alone_and_holds_its_key(tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    values = {f"{DYNAMICS}__client_secret": None, f"{DYNAMICS}__certificate_file": "app.pem"}
    assert "cannot be read" in problems(tmp_path, **values)
    file.write_text("-----BEGIN CERTIFICATE-----\n", "ascii")
    file.chmod(0o644)
    assert "chmod 600" in problems(tmp_path, **values)
    file.chmod(0o600)
    assert "holds no private key" in problems(tmp_path, **values)
    file.write_text("-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n", "ascii")

    assert read(tmp_path, **values).connections["main"].dynamics.certificate_file == file
