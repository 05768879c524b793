"""The shape of the code: imports point one way, `import qa` is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import qa

ROOT = Path(qa.__file__).parent
# stations in the order of a question's way; a module imports only from its own
# station or from one before it
ORDER = [
    "errors",
    "types",
    "protocols",
    "settings",
    "schema",
    "library",
    "models",
    "testing",
    "search",
    "reading",
    "conversation",
    "remember",
    "pipeline",
    "evaluation",
    "verify",
    "wording",
    "render",
    "web",
    "cli",
    "__main__",
]
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def station(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Modules of qa that a file imports anywhere, types aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.partition(".")[0] == "qa"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
class TestEveryModule:
    def test_imports_point_up_the_table(self, path):
        """A later station is never imported by an earlier one."""
        here = ORDER.index(station(path))
        for name in imported(path):
            parts = name.split(".")
            if len(parts) > 1:
                assert ORDER.index(parts[1]) <= here, f"{path} imports {name}"

    def test_is_small(self, path):
        """A module that outgrows 300 lines holds two ideas."""
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300

    def test_names_its_api(self, path):
        """`__all__` is the API of every module that has public names."""
        if path.name in ("__init__.py", "__main__.py"):
            return
        assert "__all__" in path.read_text(encoding="utf-8")


def test_public_names_exist():
    """Whatever `qa.__all__` promises can be imported."""
    for name in qa.__all__:
        assert getattr(qa, name) is not None


def test_unknown_name_is_an_attribute_error():
    """A typing error fails as it does in any module."""
    with pytest.raises(AttributeError, match="qq"):
        _ = qa.qq


def light(code: str, *heavy: str) -> bool:
    probe = f"{code}; import sys; sys.exit(any(m in sys.modules for m in {heavy!r}))"
    return subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_import_is_light():
    """Nobody waits for a model's library before they load a model."""
    assert light("import qa", "torch", "gradio", "numpy", "faiss", "transformers")


def test_pipeline_is_light():
    """The way of a question names classes, and imports no heavy library."""
    heavy = ("torch", "gradio", "transformers", "sentence_transformers", "openvino")
    assert light("import qa.pipeline, qa.cli", *heavy)
