"""Links to PDF and zip are shown when these files exist, and the zip has what a reader needs."""

import zipfile
from pathlib import Path

import pytest
from little_site import build

from sealedbook import downloads

NAME = "a-book"
PDF, ZIP = f"{NAME}.pdf", f"{NAME}.zip"
INDEX = "".join(
    f'<p class="take-away" hidden><a href="{file}" download>words</a></p>' for file in (PDF, ZIP)
)


SERVED = ("404.html", "robots.txt", "sitemap.xml")


@pytest.fixture
def site(tmp_path) -> Path:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "index.html").write_text(INDEX, encoding="utf-8")
    for name in (*SERVED, "chapters/one.html", "chapters/one.ipynb"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    return tmp_path


def links(page: str) -> list[str]:
    return [file for file in (PDF, ZIP) if f'<p class="take-away"><a href="{file}"' in page]


def test_a_file_is_offered_when_it_is_there_and_no_longer(site):
    index = site / "index.html"
    assert links(index.read_text("utf-8")) == []
    for files in ([PDF], [PDF, ZIP], [ZIP], []):
        for file in (PDF, ZIP):
            (site / file).unlink(missing_ok=True)
        for file in files:
            (site / file).write_bytes(b"x")
        downloads.show_links(site)
        assert links(index.read_text("utf-8")) == files


def test_the_zip_has_the_site_in_one_folder_without_itself_and_what_only_a_server_needs(site):
    for _ in range(2):
        with zipfile.ZipFile(downloads.pack(site)) as packed:
            assert packed.namelist() == [
                f"{NAME}/chapters/one.html",
                f"{NAME}/chapters/one.ipynb",
                f"{NAME}/index.html",
            ]
            assert links(packed.read(f"{NAME}/index.html").decode()) == []
    assert links((site / "index.html").read_text("utf-8")) == [ZIP]


def test_the_zip_offers_the_pdf_that_is_in_it(site):
    (site / PDF).write_bytes(b"x")
    with zipfile.ZipFile(downloads.pack(site)) as packed:
        assert f"{NAME}/{PDF}" in packed.namelist()
        assert links(packed.read(f"{NAME}/index.html").decode()) == [PDF]


def test_the_directive_names_the_files(tmp_path):
    app = build(
        tmp_path,
        {"index.md": "# Book\n\n```{toctree}\na/b\n```", "a/b.md": "# B\n\n```{take-away}\n```"},
        ["myst_nb", "sealedbook.downloads"],
        sealedbook_download_name="a-book",
    )
    assert '"../a-book.pdf"' in (app.outdir / "a/b.html").read_text("utf-8")
    assert downloads.download(app.outdir, ".zip") == app.outdir / "a-book.zip"


def test_a_site_without_links_has_no_name_for_its_files(tmp_path):
    (tmp_path / "index.html").write_text("<p>Words</p>", encoding="utf-8")
    with pytest.raises(ValueError, match=r"no page links to a \.zip"):
        downloads.pack(tmp_path)


def test_without_a_site_there_is_no_zip(tmp_path):
    with pytest.raises(FileNotFoundError, match="build the site first"):
        downloads.pack(tmp_path)
