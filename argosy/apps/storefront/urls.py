"""Every address of the shop."""

from __future__ import annotations

from django.urls import path, re_path

from argosy.apps.storefront import (
    cart,
    checkout,
    credit,
    email,
    letters,
    orders,
    passkeys,
    providers,
    session,
    team,
    test_gateway,
    ways_in,
    window,
    wishlist,
)
from argosy.apps.storefront.assets import asset, picture
from argosy.apps.storefront.guests import bought_here
from argosy.apps.storefront.pages import no_such_page, page
from argosy.platform.auth import buyer

urlpatterns = [
    path("", page(get=window.home)),
    path("products", page(get=window.listing)),
    path("products/<str:product_id>", page(get=window.product)),
    path("stores/<str:seller_id>", page(get=window.store)),
    path("p/<str:slug>", page(get=window.product_by_slug)),
    path("cart", page(get=cart.show)),
    path("cart/lines", page(post=cart.add)),
    path("cart/lines/change", page(post=cart.change)),
    path("cart/lines/acknowledge", page(post=cart.acknowledge)),
    path("cart/lines/remove", page(post=cart.remove)),
    path("cart/lines/save", page(post=cart.save)),
    path("cart/saved/move", page(post=cart.move_back)),
    path("cart/saved/remove", page(post=cart.forget_saved)),
    path("currency", page(post=cart.choose_currency)),
    path("cart/place", page(post=cart.send_to)),
    path("cart/coupons", page(post=cart.add_coupon)),
    path("cart/coupons/remove", page(post=cart.remove_coupon)),
    path("wishlist", page(get=wishlist.show, allow=buyer)),
    path("wishlist/items", page(post=wishlist.add)),
    path("wishlist/items/move", page(post=wishlist.move, allow=buyer)),
    path("wishlist/items/remove", page(post=wishlist.remove, allow=buyer)),
    path("checkout", page(get=checkout.form, post=checkout.place)),
    path("checkouts/<str:checkout_id>", page(get=bought_here(checkout.progress))),
    path("checkouts/<str:checkout_id>/progress", page(get=bought_here(checkout.progress_part))),
    path("checkouts/<str:checkout_id>/payment", page(post=bought_here(checkout.pay_again))),
    path("checkouts/<str:checkout_id>/abort", page(post=bought_here(checkout.abort))),
    path(
        "test-gateway/<str:payment_id>/complete",
        page(get=bought_here(test_gateway.form), post=bought_here(test_gateway.confirm)),
    ),
    path("orders", page(get=bought_here(orders.listing))),
    path("orders/guest", page(get=orders.guest_form, post=orders.guest_enters)),
    path("orders/guest/leave", page(post=orders.guest_leaves)),
    path("orders/<str:order_id>", page(get=bought_here(orders.one))),
    path("sign-in", page(get=session.sign_in_form, post=session.sign_in)),
    path("sign-in/passkey", page(post=passkeys.sign_in)),
    path("account/email", page(get=email.form, post=email.ask, allow=buyer)),
    path("confirm-email", page(get=email.confirm_form, post=email.confirm)),
    path("revert-email", page(get=email.revert_form, post=email.revert)),
    path("account/passkeys", page(post=passkeys.add, allow=buyer)),
    path("account/passkeys/new", page(get=passkeys.form, post=passkeys.begin, allow=buyer)),
    path("account/passkeys/remove", page(post=ways_in.remove_passkey, allow=buyer)),
    path("sign-in/code", page(post=providers.code)),
    path("sign-in/with/<str:provider>", page(get=providers.begin)),
    path("sign-in/with/<str:provider>/back", page(get=providers.back)),
    path("account/providers", page(post=providers.link, allow=buyer)),
    path("account/providers/unlink", page(post=ways_in.unlink_provider, allow=buyer)),
    path("register", page(get=session.register_form, post=session.register)),
    path("verify", page(get=letters.verify_form, post=letters.verify)),
    path("forgot-password", page(get=letters.ask_form, post=letters.ask)),
    path("reset-password", page(get=letters.reset_form, post=letters.reset)),
    path("account", page(get=session.account, allow=buyer)),
    path("account/teams/leave", page(post=team.leave, allow=buyer)),
    path("invitation", page(get=team.invitation, post=team.accept, allow=buyer)),
    path("store-credit", page(get=credit.show, post=credit.redeem, allow=buyer)),
    path("sign-out", page(post=session.sign_out, allow=buyer)),
    path("assets/<str:digest>/<str:name>", asset),
    path("media/<str:key>", picture),
    # The API and the health pages have an answer of their own for addresses that are none.
    re_path(r"^(?!api/|health/)(?s:.*)$", no_such_page),
]
