"""What letters say."""

from __future__ import annotations

from argosy.domains.accounts.domain.letter import CHANGED, FACTOR, INVITE, MOVED, NEW_ADDRESS, TAKEN, WAY_IN
from argosy.domains.accounts.domain.proof import RESET, VERIFY

_WORDS = {
    VERIFY: (
        "Confirm your e-mail address",
        "Please confirm that this is your e-mail address:\n\n{verify}\n\n"
        "The link works for three days. If you did not open an account with us, do nothing.",
    ),
    RESET: (
        "Set a new password",
        "With this link you can set a new password:\n\n{reset}\n\n"
        "It works once, within an hour. If you did not ask for it, do nothing: your password stays.",
    ),
    TAKEN: (
        "You have an account with us already",
        "Somebody, perhaps you, has tried to open an account with this address, or to move\n"
        "one to it. You have one already: sign in with your password, or set a new one with this link, within\n"
        "an hour:\n\n{reset}\n\n"
        "If it was not you, do nothing: nobody was let in.",
    ),
    CHANGED: (
        "Your password was changed",
        "The password of your account was changed just now, and all other sessions were ended.\n\n"
        "If it was not you, set a new one at once: {ask}",
    ),
    WAY_IN: (
        "A way to sign in was changed",
        "A way to sign in to your account was added or taken away just now. On the page of your account you see which\n"
        "there are: {account}\n\nIf it was not you, set a new password at once: {ask}",
    ),
    FACTOR: (
        "Your second factor was changed",
        "The second factor of your account, which is asked for when you sign in, was added or taken away just now.\n\n"
        "If it was not you, set a new password at once: {ask}\nThen sign out everywhere: {account}",
    ),
    NEW_ADDRESS: (
        "Confirm your new e-mail address",
        "Please confirm that your account is to have this e-mail address from now on:\n\n{confirm}\n\n"
        "The link works for three days. If you did not ask for it, do nothing.",
    ),
    MOVED: (
        "Your e-mail address was changed",
        "Your account has another e-mail address since a moment ago, and letters go there.\n\n"
        "If it was not you, take it back with this link, within a week:\n\n{revert}\n\n"
        "All sessions end with it, ways to sign in that were added since are taken away, and you get a letter to set\n"
        "a new password.",
    ),
    INVITE: (
        "An invitation to work on a store",
        "A seller invites you to work on their store. See which store it is, and what you may do there:\n\n{invitation}"
        "\n\nThe link works for a week, for the account with this address: open one if you have none.\n"
        "If you expect no invitation, do nothing.",
    ),
}


def text_of(kind: str, token: str, shop_url: str) -> tuple[str, str]:
    """Subject and text of a letter. Only what we write ourselves is in it: with a name, strangers could have us
    write what they like to anybody."""
    subject, text = _WORDS[kind]
    links = {
        "verify": f"{shop_url}/verify?token={token}",
        "reset": f"{shop_url}/reset-password?token={token}",
        "confirm": f"{shop_url}/confirm-email?token={token}",
        "revert": f"{shop_url}/revert-email?token={token}",
        "account": f"{shop_url}/account",
        "invitation": f"{shop_url}/invitation?token={token}",
        "ask": f"{shop_url}/forgot-password",
    }
    return subject, f"Hello,\n\n{text.format_map(links)}\n\nArgosy\n"
