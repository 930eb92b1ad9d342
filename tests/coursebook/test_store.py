"""The browser's progress, run by Node with a storage that is shared, full, forbidden or damaged."""

import json
import shutil
import subprocess

import pytest

from coursebook import static_files

STORE = static_files.STATIC / "store.js"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")
KEY = "dropnorm-progress"
TIME = "2026-01-02T03:04:05Z"

BEGIN = """
const [fs, vm] = [require("fs"), require("vm")];
let kept = new Map(Object.entries(%s));
let [full, forbidden] = [false, false];
let [engine, protocol, type, length, reloads] = ["Chromium", "https:", "navigate", 2, 0];
const refuse = (name) => { throw Object.assign(new Error(name), { name }); };
const localStorage = {
  get length() { return forbidden ? refuse("SecurityError") : kept.size; },
  key: (i) => [...kept.keys()][i] ?? null,
  getItem: (key) => (forbidden ? refuse("SecurityError") : kept.get(key) ?? null),
  removeItem: (key) => { forbidden ? refuse("SecurityError") : kept.delete(key); },
  setItem: (key, value) => {
    if (forbidden || full) refuse("QuotaExceededError");
    kept.set(key, String(value));
  },
};
const tab = () => {
  const document = { currentScript: { dataset: { key: "dropnorm-progress" } } };
  const location = { protocol, reload: () => { reloads += 1; } };
  const performance = { getEntriesByType: () => [{ type }] };
  const addEventListener = () => {};
  const context = vm.createContext(
    { localStorage, addEventListener, document, location, performance, history: { length } },
  );
  if (engine === "Chromium") context.chrome = {};
  vm.runInContext(fs.readFileSync(%s, "utf8"), context);
  return context.courseProgress;
};
const read = (page, name) => page.change((progress) => { progress.read[name] = "%s"; });
const names = (page) => Object.keys(page.load().read);
"""


def run(script: str, kept: dict[str, str] | None = None) -> list:
    begin = BEGIN % (json.dumps(kept or {}), json.dumps(str(STORE)), TIME)
    end = "\nconsole.log(JSON.stringify(shown));"
    shown = subprocess.run(
        [NODE, "-e", begin + "const shown = [];" + script + end],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return json.loads(shown.stdout)


def test_two_tabs_lose_nothing_of_each_other():
    assert run(
        "const [one, two] = [tab(), tab()]; one.load(); two.load();"
        "read(one, 'a'); read(two, 'b'); read(one, 'c');"
        "shown.push(names(one), names(two), names(tab()), one.isStored());"
    ) == [["a", "b", "c"], ["a", "b", "c"], ["a", "b", "c"], True]


def test_what_does_not_fit_stays_on_the_page_and_is_stored_as_soon_as_there_is_room():
    script = (
        "const [one, two] = [tab(), tab()]; read(one, 'a'); full = true; read(one, 'b');"
        "shown.push(names(one), one.isStored());"
        "full = false; read(two, 'c'); shown.push(names(one), one.isStored());"
        "read(one, 'd'); shown.push(names(tab()), one.isStored());"
    )
    assert run(script) == [["a", "b"], False, ["a", "b", "c"], False, ["a", "b", "c", "d"], True]


def test_where_storage_is_forbidden_progress_lasts_as_long_as_the_page():
    script = (
        "forbidden = true; const one = tab(); read(one, 'a'); read(one, 'b');"
        "shown.push(names(one), one.isStored());"
    )
    assert run(script) == [["a", "b"], False]


def test_only_what_has_changed_is_written_so_that_a_late_page_undoes_nothing():
    script = (
        "const one = tab(); read(one, 'a'); const { setItem, removeItem } = localStorage;"
        "localStorage.setItem = (key, value) => { shown.push(key); setItem(key, value); };"
        "localStorage.removeItem = (key) => { shown.push(`less ${key}`); removeItem(key); };"
        "read(one, 'b'); one.save({ read: one.load().read }); one.save({ read: { a: 'TIME' } });"
    ).replace("TIME", TIME)
    assert run(script) == [f"{KEY}/read/b", f"less {KEY}/read/b"]


@pytest.mark.parametrize("damaged", ["", "{cut o", "[]", "5", '"never"', "null"])
def test_a_damaged_entry_takes_no_other_with_it(damaged):
    entries = {f"{KEY}/read/a": damaged, f"{KEY}/read/b": json.dumps(TIME)}
    script = (
        "const one = tab(); shown.push(names(one)); read(one, 'a');"
        "shown.push(names(tab()), one.isStored());"
    )
    assert run(script, entries) == [["b"], ["a", "b"], True]


def test_entries_of_others_are_left_alone():
    entries = {"mode": "dark", KEY: "{}", f"{KEY}/later/a": "1", f"{KEY}/__proto__/read": "{}"}
    script = (
        "const one = tab(); read(one, 'a'); one.save({});"
        "shown.push(names(one), Object.fromEntries(kept));"
    )
    assert run(script, entries) == [[], entries]


def test_starting_over_deletes_all_of_it():
    script = (
        "const one = tab(); read(one, 'a'); full = true; read(one, 'b'); full = false;"
        "one.save({}); shown.push(names(one), names(tab()), one.isStored());"
    )
    assert run(script) == [[], [], True]


def test_from_a_disk_a_page_that_begins_with_an_empty_storage_is_loaded_anew():
    """A busy Chromium shows some pages none of what is stored, until they are loaded anew."""
    assert run(
        "protocol = 'file:'; read(tab(), 'a'); const stored = kept; reloads = 0;"
        "kept = new Map(); tab(); shown.push(reloads);"
        "kept = stored; type = 'reload'; shown.push(names(tab()), reloads);"
        "type = 'navigate'; shown.push(names(tab()), reloads);"
    ) == [1, ["a"], 1, ["a"], 1]


@pytest.mark.parametrize(
    "change",
    [
        "length = 1",  # the first page of a window
        "type = 'reload'",  # never in a circle
        "protocol = 'http:'",
        "engine = 'Firefox'",  # has not the fault
        "forbidden = true",
        "full = true",
    ],
)
def test_no_other_page_is_loaded_anew(change):
    assert run(f"protocol = 'file:'; {change}; tab(); shown.push(reloads);") == [0]
