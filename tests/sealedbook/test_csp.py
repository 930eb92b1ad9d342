"""What the policy of a page allows."""

from sealedbook import csp


def test_the_policy_allows_the_inline_script_by_its_hash_and_nothing_else(page):
    found = page(head="<script>first()</script>")
    csp.add_policy(found)
    policy = found.tree.xpath("//meta[@http-equiv]/@content")[0]
    assert f"script-src 'self' {csp.script_hash('first()')};" in policy and "unsafe" not in policy
    assert found.head[0].get("charset"), "the policy is stated before anything that it is about"
    assert found.head[1].get("http-equiv") == "Content-Security-Policy"
