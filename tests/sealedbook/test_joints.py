"""A program's name in a table breaks where its words meet, and its text stays what it is."""

import pytest

from sealedbook import joints


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("track_running_stats=False", "track_ running_ stats= False"),
        ("SpatialDropout2D", "Spatial Dropout2D"),
        ("requires_grad_(False)", "requires_ grad_( False)"),
        ("nn.Dropout(p=0.5)", "nn. Dropout( p=0.5)"),
        ("rate", "rate"),
        ("eps", "eps"),
    ],
)
@pytest.mark.parametrize("inner", ["{}", "<span class='pre'>{}</span>", "<b></b>{}<i>x</i>"])
def test_a_name_in_a_table_has_joints(page, name, words, inner):
    code = f"<code>{inner.format(name)}</code>"
    found = page(f"<article><table><tr><td>{code}</td></tr></table><p>{code}</p></article>")
    joints.add_joints(found)
    in_table, in_text = found.tree.xpath("//code")
    assert in_table.text_content() == in_text.text_content()
    assert not in_text.xpath(".//*[@class='joint']")
    for joint in in_table.xpath(".//*[@class='joint']"):
        joint.text = " "
    assert in_table.text_content().removesuffix("x") == words
