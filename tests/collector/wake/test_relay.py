from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network
from typing import Any

from wakeful_collector.model.announced import malformed
from wakeful_collector.model.card import Card
from wakeful_collector.model.wakeable import Wakeable
from wakeful_collector.wake.relay import Agent, Evidence, Sleeper, choose, stranger_addresses

HOME, WORK = "02:00:00:00:00:fe", "02:00:00:00:00:fd"
NAS_MAC = "02:00:00:00:00:01"
ANYBODY = Wakeable(anybody=True)


def card(mac: str, *addresses: str, gateway: str = "", armed: bool | None = None) -> Card:
    return Card("eth0", mac, tuple(map(IPv4Interface, addresses)), gateway, armed)


def agent(
    name: str, *addresses: str, gateway: str = "", wakes: Wakeable | None = ANYBODY, sightings: Any = None
) -> Agent:
    return Agent(name, name, (card("02:00:00:00:00:99", *addresses, gateway=gateway),), wakes, sightings or {})


NAS = Sleeper("nas", "nas", (card(NAS_MAC, "192.168.1.20/24", gateway=HOME),))
WISHED = {"mac": NAS_MAC, "name": "nas", "address": "192.168.1.20/24"}


def test_an_agent_of_the_same_network() -> None:
    plan = choose(NAS, [agent("far", "10.0.0.1/24"), agent("near", "192.168.1.5/24")], [])
    assert [one.id for one in plan.relays] == ["near"]
    assert plan.arguments == WISHED
    assert not plan.itself
    assert plan.why == "near is in 192.168.1.0/24 too"


def test_the_better_the_evidence_the_sooner_it_is_asked() -> None:
    agents = [
        agent("network", "192.168.1.5/24"),
        agent("elsewhere", "192.168.1.6/24", gateway=WORK),
        agent("old", "10.0.0.1/24", sightings={NAS_MAC: 1_000}),
        agent("new", "10.0.0.2/24", sightings={NAS_MAC: 2_000}),
        agent("gateway", "192.168.1.7/24", gateway=HOME),
    ]
    plan = choose(NAS, agents, [])
    assert [one.id for one in plan.relays] == ["new", "old", "gateway", "network"]
    assert [one.evidence for one in plan.relays] == [
        Evidence.SEEN,
        Evidence.SEEN,
        Evidence.GATEWAY,
        Evidence.NETWORK,
    ]
    assert plan.why == f"new has {NAS_MAC} among its neighbours"


def test_an_agent_stands_once_with_its_best_evidence() -> None:
    one = agent("both", "192.168.1.5/24", gateway=HOME, sightings={NAS_MAC: 1_000})
    plan = choose(NAS, [one, agent("gateway", "192.168.1.7/24", gateway=HOME)], [])
    assert [(one.id, one.evidence) for one in plan.relays] == [
        ("both", Evidence.SEEN),
        ("gateway", Evidence.GATEWAY),
    ]


def test_another_network_of_the_same_numbers_is_only_taken_for_want_of_better() -> None:
    other = agent("elsewhere", "192.168.1.6/24", gateway=WORK)
    plan = choose(NAS, [other], [])
    assert [one.evidence for one in plan.relays] == [Evidence.DOUBTFUL]
    assert plan.why == "elsewhere is in a network 192.168.1.0/24 too, but its gateway is another one"
    plan = choose(NAS, [other], [IPv4Interface("192.168.1.9/24")])
    assert (plan.itself, plan.relays) == (True, ())


def test_the_collector_itself_where_no_agent_can() -> None:
    plan = choose(NAS, [agent("far", "10.0.0.1/24")], [IPv4Interface("10.0.0.9/24"), IPv4Interface("192.168.1.9/24")])
    assert plan.itself
    assert plan.arguments == WISHED
    assert plan.why == "the collector itself is in 192.168.1.0/24"
    near = agent("near", "192.168.1.5/24", gateway=HOME)
    assert not choose(NAS, [near], [IPv4Interface("192.168.1.9/24")]).itself, "who is next door is sure to be heard"


def test_whom_its_own_file_does_not_permit_is_named_with_what_permits_it() -> None:
    plan = choose(NAS, [agent("near", "192.168.1.5/24", wakes=None)], [])
    assert plan.relays == ()
    assert plan.reason == (
        "near could send the packet, but its agent.toml does not permit it: "
        f'[policy] allow = ["wake"] and [policy.wake] targets = ["{NAS_MAC}"]'
    )


def test_whom_it_does_not_name_an_agent_is_not_asked_for() -> None:
    named = agent("named", "192.168.1.5/24", wakes=Wakeable(frozenset({NAS_MAC})))
    network = agent("network", "192.168.1.6/24", wakes=Wakeable(networks=(IPv4Network("192.168.0.0/16"),)))
    part = agent("part", "192.168.1.7/24", wakes=Wakeable(networks=(IPv4Network("192.168.1.0/25"),)))
    others = agent("others", "192.168.1.8/24", wakes=Wakeable(frozenset({"02:00:00:00:00:77"})))
    plan = choose(NAS, [named, network, part, others], [])
    assert {one.id for one in plan.relays} == {"named", "network"}
    assert "others could send the packet" in choose(NAS, [others], []).reason
    assert "part could send the packet" in choose(NAS, [part], [], {"relay": "part"}).reason


def test_nobody_is_near() -> None:
    assert "shares a network with nas (192.168.1.0/24)" in choose(NAS, [agent("far", "10.0.0.1/24")], []).reason
    unknown = Sleeper("nas", "nas", (card(NAS_MAC),))
    assert "(none is known)" in choose(unknown, [], []).reason
    assert "no hardware address of nas is known" in choose(Sleeper("nas", "nas", ()), [], []).reason


def test_a_neighbour_without_an_address_is_woken_by_its_card_alone() -> None:
    plan = choose(Sleeper("nas", "nas", (card(NAS_MAC),)), [agent("near", sightings={NAS_MAC: 1})], [])
    assert plan.arguments == {"mac": NAS_MAC, "name": "nas"}


def test_of_several_cards_the_armed_one() -> None:
    cards = (
        card("02:00:00:00:00:01", "192.168.1.20/24", armed=False),
        card("02:00:00:00:00:02", "192.168.1.21/24", armed=True),
        card("02:00:00:00:00:03", "192.168.1.22/24"),
    )
    two = Sleeper("nas", "nas", cards)
    assert choose(two, [agent("near", "192.168.1.5/24")], []).arguments["mac"] == "02:00:00:00:00:02"
    assert choose(two, [], [IPv4Interface("192.168.1.9/24")]).arguments["mac"] == "02:00:00:00:00:02"


def test_a_card_that_is_not_armed_is_said_to_be() -> None:
    deaf = Sleeper("nas", "nas", (card(NAS_MAC, "192.168.1.20/24", armed=False),))
    said = "; but eth0 was not armed when it was up last: ethtool -s eth0 wol g"
    near = agent("near", "192.168.1.5/24")
    assert choose(deaf, [near], []).why == "near is in 192.168.1.0/24 too" + said
    assert choose(deaf, [near], [], {"relay": "near"}).why.endswith(said)
    assert choose(deaf, [], [IPv4Interface("192.168.1.9/24")]).why.endswith(said)


def test_what_was_asked_for_is_passed_on() -> None:
    given = {"host": "nas", "check": "tcp:192.168.1.20:22", "port": 7, "repeat": 2, "wait_seconds": 60, "relay": ""}
    plan = choose(NAS, [agent("near", "192.168.1.5/24")], [], {**given, "expires_seconds": 5})
    wished = {key: given[key] for key in ("check", "port", "repeat", "wait_seconds")}
    assert plan.arguments == {**WISHED, **wished}


def test_a_relay_by_name() -> None:
    agents = [
        agent("near", "192.168.1.5/24"),
        agent("far", "10.0.0.1/24"),
        agent("mute", "10.0.0.2/24", wakes=None),
    ]
    plan = choose(NAS, agents, [], {"relay": "far"})
    assert [one.id for one in plan.relays] == ["far"]
    assert plan.arguments == WISHED, "with its prefix, so that far away it becomes a directed broadcast"
    assert "nothing is known of a network they share" in plan.why
    assert choose(NAS, agents, [], {"relay": "near"}).why == "near is in 192.168.1.0/24 too"
    assert "not up" in choose(NAS, agents, [], {"relay": "gone"}).reason
    assert "mute could send" in choose(NAS, agents, [], {"relay": "mute"}).reason


def test_a_hostile_name_is_no_hostile_argument() -> None:
    plan = choose(NAS._replace(name="--\x1b[31m\n" + "x" * 300), [agent("near", "192.168.1.5/24")], [])
    assert plan.arguments["name"].startswith("?[31m?xxx")
    assert not malformed(dict(plan.arguments))


def test_an_address_is_a_member_of_the_networks_around_it_the_narrowest_first() -> None:
    networks = [IPv4Network("10.0.0.0/8"), IPv4Network("10.1.2.0/24"), IPv4Network("192.168.1.0/24")]
    assert stranger_addresses("10.1.2.3", networks) == (IPv4Interface("10.1.2.3/24"), IPv4Interface("10.1.2.3/8"))
    assert stranger_addresses("nas.lan", networks) == ()
