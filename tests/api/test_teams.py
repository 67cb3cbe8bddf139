"""Teams of stores over HTTP: invited by a letter, let in to what each may do, out at the next request, and audited."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from argosy.apps.api.endpoints import endpoints
from argosy.contracts.accounts_teams import InviteMember
from argosy.domains.accounts.adapters.outbound.team_queries import invitations_of, member_of
from argosy.domains.accounts.domain.team import ALWAYS, AREAS, INVITED_FOR, RIGHTS
from argosy.domains.integrations.domain.api_key import AREAS as KEY_AREAS
from argosy.platform.auth import buyer, guest, merchant, public, seller, shopper, staff
from argosy.platform.rest import Endpoint
from tests.api.shop import PASSWORD, Answer, Shop, assert_problem, nobodys
from tests.api.test_accounts import letters, mailbox
from tests.doctor.planting import violated

BEA = "bea@example.com"
__all__ = ["mailbox"]


class Team:
    """The shop's seller, and Bea, who works for them."""

    def __init__(self, shop: Shop, mailbox: Path) -> None:
        self.shop = shop
        self.mailbox = mailbox
        self.bea = shop.person(BEA)

    def invite(self, *rights: str, email: str = BEA, token: str = "") -> Answer:
        body = {"email": email, "rights": rights}
        return self.shop.call("POST", "stores/mine/team/invitations", body, token=token or self.shop.seller)

    def invited(self, *rights: str, email: str = BEA, token: str = "") -> str:
        """The token of the letter."""
        answer = self.invite(*rights, email=email, token=token)
        assert answer.status == 201, answer
        wanted = (email, "An invitation to work on a store")
        return [proof for to, subject, proof in letters(self.shop, self.mailbox) if (to, subject) == wanted][-1]

    def accept(self, proof: str, *, token: str = "") -> Answer:
        return self.shop.call("POST", "team-invitations/accept", {"token": proof}, token=token or self.bea)

    def joined(self, *rights: str) -> str:
        """Bea's id as a member."""
        answer = self.accept(self.invited(*rights))
        assert answer.status == 200, answer
        return str(answer.json["member_id"])

    def acting(self, member_id: str, *, token: str = "") -> str:
        """A token that acts for the store."""
        answer = self.shop.call("POST", f"users/me/memberships/{member_id}/sessions", token=token or self.bea)
        assert answer.status == 201, answer
        assert answer.json["seller_id"] == self.store()["seller_id"]
        return str(answer.json["token"])

    def working(self, *rights: str) -> str:
        return self.acting(self.joined(*rights))

    def store(self) -> dict[str, Any]:
        found: dict[str, Any] = self.shop.call("GET", "stores/mine", token=self.shop.seller).json
        return found

    def path(self, member_id: str) -> str:
        return f"stores/mine/team/members/{member_id}"

    def told(self, kind: str, context: str = "accounts") -> list[dict[str, Any]]:
        rows = self.shop.place.rows(
            context, f"SELECT payload FROM {context}_outbox_events WHERE event_type = '{kind}' ORDER BY id"
        )
        return [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in rows]


@pytest.fixture
def team(shop: Shop, mailbox: Path) -> Team:
    return Team(shop, mailbox)


def test_who_is_invited_works_for_the_store_with_a_token_that_names_it(team: Team) -> None:
    shop = team.shop
    proof = team.invited("products:write", "orders:read")
    [waiting] = shop.call("GET", "stores/mine/team/invitations", token=shop.seller).json["items"]
    assert (waiting["email"], waiting["rights"]) == (BEA, ["products:write", "orders:read"])
    joined = team.accept(proof).json
    assert joined["seller_id"] == team.store()["seller_id"]
    assert shop.call("GET", "stores/mine/team/invitations", token=shop.seller).json["items"] == []
    assert shop.call("GET", "users/me", token=team.bea).json["is_verified"] is True
    [membership] = shop.call("GET", "users/me/memberships", token=team.bea).json["items"]
    assert (membership["store_name"], membership["is_open"], membership["member_id"]) == (
        "Loja",
        True,
        joined["member_id"],
    )
    works = team.acting(joined["member_id"])
    assert shop.call("GET", "stores/mine", token=works).json == team.store()
    made = shop.call(
        "POST", "products", {"sku": "rug", "title": "Rug", "category": "home", "variants": []}, token=works
    )
    assert made.status == 201, made
    mine = shop.call("GET", "stores/mine/products", token=shop.seller).json["items"]
    assert made.json["id"] in [item["product_id"] for item in mine]
    [listed] = shop.call("GET", "stores/mine/team/members", token=shop.seller).json["items"]
    assert (listed["email"], listed["member_id"]) == (BEA, joined["member_id"])


def test_an_invitation_is_accepted_once_and_only_by_the_address_that_it_went_to(team: Team) -> None:
    shop = team.shop
    proof = team.invited("orders:read")
    stranger = team.accept(proof, token=shop.buyer)
    never = team.accept("x", token=shop.buyer)
    assert_problem(stranger, 422, "invitation_not_valid")
    assert stranger.body == never.body
    assert_problem(shop.call("POST", "team-invitations/accept", {"token": proof}), 401, "not_signed_in")
    assert team.accept(proof).status == 200
    assert team.accept(proof).body == never.body
    assert_problem(team.invite("orders:write"), 409, "already_in_team")


def test_a_later_letter_takes_the_place_of_the_one_before_and_one_that_is_taken_back_is_worth_nothing(
    team: Team,
) -> None:
    shop = team.shop
    first, second = team.invited("orders:read"), team.invited("orders:write")
    assert_problem(team.accept(first), 422, "invitation_not_valid")
    [open_one] = shop.call("GET", "stores/mine/team/invitations", token=shop.seller).json["items"]
    path = f"stores/mine/team/invitations/{open_one['invitation_id']}"
    assert_problem(shop.call("DELETE", path, token=other_seller(shop)), 404, "no_such_invitation")
    assert shop.call("DELETE", path, token=shop.seller).status == 204
    assert_problem(team.accept(second), 422, "invitation_not_valid")
    seller_id = team.store()["seller_id"]
    assert team.invite("orders:read").status == 201
    assert len(invitations_of(seller_id)) == 1
    assert invitations_of(seller_id, datetime.now(UTC) + INVITED_FOR + timedelta(seconds=1)) == ()


def test_inviting_tells_nobody_who_has_an_account(team: Team) -> None:
    known, unknown = team.invite("orders:read"), team.invite("orders:read", email="nobody@example.com")
    assert (known.status, set(known.json), known.headers) == (unknown.status, set(unknown.json), unknown.headers)
    log = str(team.shop.place.rows("accounts", "SELECT payload FROM accounts_outbox_events"))
    assert "nobody@example.com" not in log
    due = str(team.shop.place.rows("accounts", "SELECT payload FROM accounts_due"))
    assert "nobody@example.com" not in due


def test_everything_wrong_with_an_invitation_is_told(team: Team) -> None:
    assert_problem(team.invite(), 422, "rights_missing")
    problem = assert_problem(team.invite("orders:all", "money"), 422, "several")
    assert [fault["right"] for fault in problem["faults"]] == ["orders:all", "money"]
    assert_problem(team.invite("orders:read", email="bea"), 422, "not_an_email")
    assert_problem(team.invite("orders:read", token=team.shop.buyer), 403, "sellers_only")


def test_who_is_removed_is_out_at_the_next_request(team: Team) -> None:
    shop = team.shop
    member_id = team.joined("orders:read")
    works = team.acting(member_id)
    assert shop.call("GET", "stores/mine/orders", token=works).status == 200
    assert shop.call("DELETE", team.path(member_id), token=shop.seller).status == 204
    assert_problem(shop.call("GET", "stores/mine/orders", token=works), 401, "not_signed_in")
    assert shop.call("GET", "users/me", token=team.bea).status == 200
    again = shop.call("POST", f"users/me/memberships/{member_id}/sessions", token=team.bea)
    assert_problem(again, 404, "no_such_member")
    assert again.json["detail"]


def test_rights_that_are_changed_count_at_the_next_request(team: Team) -> None:
    shop = team.shop
    member_id = team.joined("orders:read")
    works = team.acting(member_id)
    body = {"rights": ["inventory:read"]}
    assert shop.call("PUT", f"{team.path(member_id)}/rights", body, token=shop.seller).status == 204
    refused = assert_problem(shop.call("GET", "stores/mine/orders", token=works), 403, "right_missing")
    assert refused["faults"][0]["right"] == "orders:read"
    assert shop.call("GET", f"stock/{shop.variant_id}", token=works).status == 200


def test_who_leaves_a_team_or_signs_out_everywhere_acts_for_the_store_no_more(team: Team) -> None:
    shop = team.shop
    member_id = team.joined("orders:read")
    first, second = team.acting(member_id), team.acting(member_id)
    sessions = shop.call("GET", "sessions", token=team.bea).json["items"]
    assert [one["member_id"] for one in sessions] == [member_id, member_id, None]
    assert shop.call("DELETE", "sessions/mine", token=first).status == 204
    assert_problem(shop.call("GET", "stores/mine", token=first), 401, "not_signed_in")
    assert shop.call("GET", "stores/mine", token=second).status == 200
    assert shop.call("DELETE", "sessions", token=team.bea).status == 204
    assert_problem(shop.call("GET", "stores/mine", token=second), 401, "not_signed_in")
    bea = str(shop.call("POST", "sessions", {"email": BEA, "password": PASSWORD}).json["token"])
    third = team.acting(member_id, token=bea)
    assert_problem(shop.call("DELETE", f"users/me/memberships/{member_id}", token=shop.buyer), 404, "no_such_member")
    assert shop.call("DELETE", f"users/me/memberships/{member_id}", token=bea).status == 204
    assert_problem(shop.call("GET", "stores/mine", token=third), 401, "not_signed_in")


@pytest.mark.parametrize("what", ["suspended", "owner blocked", "member blocked"])
def test_a_member_may_no_more_than_their_store_its_owner_and_themselves(team: Team, what: str) -> None:
    shop, boss = team.shop, team.shop.staff()
    works = team.working("orders:read")
    owner, bea = (shop.call("GET", "users/me", token=one).json["user_id"] for one in (shop.seller, team.bea))
    path = {
        "suspended": f"sellers/{team.store()['seller_id']}/suspend",
        "owner blocked": f"users/{owner}/block",
        "member blocked": f"users/{bea}/block",
    }[what]
    assert shop.call("POST", path, {"reason": "fraud"}, token=boss).status == 204
    assert_problem(shop.call("GET", "stores/mine/orders", token=works), 401, "not_signed_in")


def test_a_member_gives_and_takes_no_rights_that_they_do_not_have(team: Team) -> None:
    shop = team.shop
    carla = "carla@example.com"
    shop.person(carla)
    works = team.working("team:write", "orders:read")
    assert_problem(team.invite("orders:write", email=carla, token=works), 403, "not_yours_to_give")
    assert team.invite("orders:read", email=carla, token=works).status == 201
    [bea] = shop.call("GET", "stores/mine/team/members", token=works).json["items"]
    more = {"rights": ["team:write", "payments:write"]}
    own = shop.call("PUT", f"{team.path(bea['member_id'])}/rights", more, token=works)
    assert_problem(own, 403, "not_yours_to_give")
    team.invite("payments:write", email="dora@example.com")
    waiting = shop.call("GET", "stores/mine/team/invitations", token=works).json["items"]
    beyond = next(one["invitation_id"] for one in waiting if one["email"] == "dora@example.com")
    taken_back = shop.call("DELETE", f"stores/mine/team/invitations/{beyond}", token=works)
    assert_problem(taken_back, 403, "not_yours_to_give")


def test_nobody_comes_by_an_invitation_that_was_under_way_when_its_sender_was_removed(team: Team) -> None:
    """Its request began before, and is committed afterwards."""
    shop = team.shop
    rui = shop.person("rui@example.com")
    member_id = team.joined("team:write", "orders:read")
    was = member_of(team.acting(member_id))
    assert was is not None
    assert shop.call("DELETE", team.path(member_id), token=shop.seller).status == 204
    late = InviteMember(email="rui@example.com", rights=("orders:read",))
    shop.place.runtime.outside("accounts").run(late, was)
    [*_, proof] = [proof for to, _, proof in letters(shop, team.mailbox) if to == "rui@example.com"]
    assert_problem(team.accept(proof, token=rui), 422, "invitation_not_valid")


def test_what_is_told_of_members_leaves_the_events_of_their_store_numbered(team: Team) -> None:
    shop = team.shop
    member_id = team.joined("products:write")
    rights = {"rights": ["orders:read"]}
    assert shop.call("PUT", f"{team.path(member_id)}/rights", rights, token=shop.seller).status == 204
    assert shop.call("DELETE", team.path(member_id), token=shop.seller).status == 204
    team.joined("products:write")
    shop.place.drain()
    assert not violated(shop.place).keys() & {"I31", "I32"}


def test_strangers_find_no_member(team: Team) -> None:
    shop = team.shop
    member_id = team.joined("orders:read")
    other = other_seller(shop)
    for method, tail, body in (("DELETE", "", None), ("PUT", "/rights", {"rights": ["orders:read"]})):
        theirs = shop.call(method, team.path(member_id) + tail, body, token=other)
        none = shop.call(method, team.path(nobodys("member")) + tail, body, token=other)
        assert_problem(theirs, 404, "no_such_member")
        assert theirs.body.replace(member_id.encode(), b"") == none.body.replace(nobodys("member").encode(), b"")


def test_what_a_member_does_is_in_the_log_with_who_they_are(team: Team) -> None:
    shop = team.shop
    member_id = team.joined("products:write")
    works = team.acting(member_id)
    bea = shop.call("GET", "users/me", token=team.bea).json["user_id"]
    product = shop.call(
        "POST", "products", {"sku": "rug", "title": "Rug", "category": "home", "variants": []}, token=works
    )
    assert product.status == 201
    [acted] = team.told("messages.StaffActed", "products")
    assert (acted["operator"], acted["what"]) == (member_id, "CreateProduct")
    assert acted["details"] == {"seller_id": team.store()["seller_id"], "user_id": bea}
    shop.call("DELETE", team.path(member_id), token=shop.seller)
    owner = shop.call("GET", "users/me", token=shop.seller).json["user_id"]
    assert [one["invited_by"] for one in team.told("accounts.MemberInvited")] == [owner]
    assert [one["user_id"] for one in team.told("accounts.MemberJoined")] == [bea]
    assert [one["removed_by"] for one in team.told("accounts.MemberRemoved")] == [owner]


def test_one_person_works_for_many_stores_and_each_token_for_one(team: Team) -> None:
    shop = team.shop
    first = team.working("orders:read")
    other = other_seller(shop)
    joined = team.accept(team.invited("products:read", token=other)).json
    session = shop.call("POST", f"users/me/memberships/{joined['member_id']}/sessions", token=team.bea).json
    assert session["seller_id"] == joined["seller_id"] != team.store()["seller_id"]
    assert shop.call("GET", "stores/mine", token=first).json["store_name"] == "Loja"
    assert shop.call("GET", "stores/mine", token=session["token"]).json["store_name"] == "Outra"
    assert_problem(shop.call("GET", "stores/mine/orders", token=session["token"]), 403, "right_missing")


def test_what_is_theirs_as_a_person_is_out_of_reach_while_they_act_for_a_store(team: Team) -> None:
    shop = team.shop
    shop.bought(token=team.bea)
    shop.drain()
    works = team.working(*RIGHTS)
    assert shop.call("GET", "orders", token=works).json["items"] == []
    for method, path in (("GET", "users/me"), ("GET", "carts/mine"), ("GET", "addresses"), ("POST", "api-keys")):
        assert_problem(shop.call(method, path, token=works), 403, "right_missing")
    shop.client.cookies["argosy_session"] = works
    assert shop.client.get("/orders").status_code in (302, 303)


def test_every_area_that_keys_are_made_for_can_be_given_to_a_member() -> None:
    assert set(KEY_AREAS) | {"team", "store"} == set(AREAS)


def of_a_store() -> list[Endpoint]:
    """All that a seller can ask for."""
    every = [endpoint for declared in endpoints().values() for endpoint in declared]
    ours = [
        one for one in every if one.allow in (seller, merchant) or (one.allow in (buyer, shopper) and one.area in AREAS)
    ]
    assert len(ours) > 60
    return ours


def test_every_operation_of_a_store_asks_for_its_right(team: Team) -> None:
    """Without the right nothing is looked up: the answer is the same for what is the store's and for what nobody has.
    With the right alone a member is let through, to whatever the operation has to say."""
    shop = team.shop
    member_id = team.joined("store:read")
    works = team.acting(member_id)

    def allowed(*rights: str) -> None:
        body = {"rights": rights}
        assert shop.call("PUT", f"{team.path(member_id)}/rights", body, token=shop.seller).status == 204

    known = {"product_id": shop.product_id, "variant_id": shop.variant_id, "stock_unit_id": shop.variant_id}
    for endpoint in of_a_store():
        wanted = f"{endpoint.area}:{'read' if endpoint.method == 'GET' else 'write'}"
        mine, none = (
            endpoint.path.format_map({name: ids.get(name, nobodys(name)) for name in endpoint.path_names})
            for ids in (known, {})
        )
        if wanted in ALWAYS:
            continue
        if wanted in RIGHTS:
            allowed(*(right for right in RIGHTS if right not in (wanted, wanted.replace(":read", ":write"))))
        before = shop.written()
        refused = [shop.call(endpoint.method, path, {}, token=works) for path in (mine, none)]
        assert {(one.status, one.body) for one in refused} == {(403, refused[0].body)}, endpoint.route
        assert_problem(refused[0], 403, "right_missing")
        assert shop.written() == before, endpoint.route
        if wanted not in RIGHTS:
            assert endpoint.area == "integrations", f"{endpoint.route} is for nobody in a team"
            continue
        allowed(wanted)
        let_in = shop.call(endpoint.method, mine, {}, token=works)
        if let_in.status >= 400:
            assert let_in.json["code"] not in {"right_missing", "sellers_only", "not_signed_in"}, endpoint.route
        assert let_in.status != 500


def test_what_is_for_staff_or_for_persons_is_for_no_member(team: Team) -> None:
    works = team.working(*RIGHTS)
    for endpoint in (one for declared in endpoints().values() for one in declared):
        if endpoint in of_a_store() or endpoint.allow is public or endpoint.area == "session":
            continue
        path = endpoint.path.format_map({name: nobodys(name) for name in endpoint.path_names})
        answer = team.shop.call(endpoint.method, path, {}, token=works)
        assert answer.status == 403, (endpoint.route, answer)
        assert answer.json["code"] == {staff: "staff_only", guest: "guests_only"}.get(endpoint.allow, "right_missing")


def other_seller(shop: Shop) -> str:
    token = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Outra"}, token=token).status == 201
    return token


def test_a_wrong_or_expired_token_of_a_store_is_nobodys(team: Team) -> None:
    works = team.working("orders:read")
    assert member_of(works) is not None
    assert member_of(works, datetime.now(UTC) + timedelta(days=31)) is None
    assert_problem(team.shop.call("GET", "stores/mine", token=works[:-2] + "xx"), 401, "not_signed_in")


def test_an_erased_person_is_in_no_team_and_no_invitation(team: Team) -> None:
    shop = team.shop
    team.joined("orders:read")
    team.invite("orders:read", email=BEA, token=other_seller(shop))
    assert shop.call("DELETE", "users/me", token=team.bea).status == 202
    shop.drain()
    assert shop.place.rows("accounts", "SELECT id FROM store_members") == []
    assert shop.place.rows("accounts", "SELECT id FROM store_invitations") == []


def test_a_session_that_is_limited_to_buying_acts_for_no_store(team: Team) -> None:
    member_id = team.joined("orders:write")
    path = f"users/me/memberships/{member_id}/sessions"
    for roles, status in ((["buyer"], 403), (["buyer", "seller"], 201), ([], 201)):
        limited = team.shop.call("POST", "sessions", {"email": BEA, "password": PASSWORD, "roles": roles}).json["token"]
        answer = team.shop.call("POST", path, token=limited)
        assert answer.status == status, answer
