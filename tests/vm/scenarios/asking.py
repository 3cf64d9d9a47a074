# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtreadyctl load on a terminal, where polkit's own agent asks for root's password."""

import contextlib
import shlex

from scenario import scenario

PASSWORD = "Sesam-1"
RULE = """polkit.addRule(function(action, subject) {
    if (action.id == "org.virtready1.load-module" && subject.user == "bob") {
        return polkit.Result.AUTH_ADMIN;
    }
});
"""

# Logs bob in on a terminal, which makes a session, and types what the test gives at what is printed there.
TERMINAL = """
    rm --force /run/keys /run/typescript
    mkfifo /run/keys
    script --quiet --flush --command "login -f bob" /run/typescript </run/keys >/dev/null 2>&1 &
    exec 5>/run/keys

    type_at() {
        for try in {1..300}; do
            if grep --quiet "$1" /run/typescript; then
                printf '%s\\n' "$2" >&5
                return
            fi
            sleep 0.1
        done
        echo "there is no $1" >&2
        cat /run/typescript >&2
        exit 1
    }

    type_at 'bob@' 'virtreadyctl load kvm_amd; echo status=$?'
    type_at 'Password: ' "$password"
    type_at 'status=[0-9]' exit
    exec 5>&-
    wait
    cat /run/typescript
"""


@contextlib.contextmanager
def password_of_root(client):
    """Root has a password meanwhile, and bob may have a module loaded if he knows it."""
    client.run(f"cp --preserve /etc/shadow /run/shadow && echo root:{PASSWORD} | chpasswd --crypt-method=SHA512")
    try:
        with client.file("/etc/polkit-1/rules.d/10-asking.rules", RULE):
            yield
    finally:
        client.run("mv /run/shadow /etc/shadow")


def load_as_bob(client, password):
    """What bob sees on his terminal. The password must not be on it."""
    shown = client.run(f"password={shlex.quote(password)}\n{TERMINAL}").output
    assert "Authentication is required to load the kernel module kvm_amd" in shown, shown
    assert password not in shown, shown
    assert client.try_run("pgrep pkttyagent").status == 1, "the agent has not ended"
    return shown


@scenario("svm")
def on_a_terminal(client):
    """bob is asked for root's password on his terminal; with it the module is loaded, and with another it is not"""
    with password_of_root(client):
        shown = load_as_bob(client, "Simsalabim")
        assert "status=1" in shown and "Polkit denies you" in shown, shown
        assert "kvm_amd" not in client.modules()

        shown = load_as_bob(client, PASSWORD)
        assert "status=0" in shown and "kvm_amd is loaded" in shown, shown
        client.wait_state("ready")
        client.unload("kvm_amd", "kvm")
    client.wait_state("not-ready")
