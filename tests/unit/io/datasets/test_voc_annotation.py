"""VOC's XML: whatever would lose a label is refused by name, whatever the encoding."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.voc_annotation import annotated_names

DOG = "<annotation><folder>图片</folder><object><name>dog</name></object></annotation>"


def _written(tmp_path: Path, document: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "a.xml"
    path.write_bytes(document.encode(encoding))
    return path


@pytest.mark.parametrize("declared", ["gb2312", "GBK", "gb18030", "big5", "shift_jis", "utf-8", "UTF-16"])
def test_that_an_annotation_is_read_in_any_encoding_python_knows(tmp_path: Path, declared: str) -> None:
    folder = "図" if declared == "shift_jis" else "圖" if declared == "big5" else "图片"
    document = f'<?xml version="1.0" encoding="{declared}"?>\n' + DOG.replace("图片", folder)
    assert annotated_names(_written(tmp_path, document, declared)) == ("dog",)


def test_that_a_name_in_another_encoding_arrives_whole(tmp_path: Path) -> None:
    document = '<?xml version="1.0" encoding="gbk"?><annotation><object><name>自行车</name></object></annotation>'
    assert annotated_names(_written(tmp_path, document, "gbk")) == ("自行车",)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("<annotation><object><bndbox/></object></annotation>", "line 1, has an <object> without a <name>; name its"),
        ("<annotation><object><name> </name></object></annotation>", "has an <object> without a <name>"),
        ("<annotation><object><part><name>head</name></part></object></annotation>", "<object> without a <name>"),
        ("<annotations><object><name>dog</name></object></annotations>", "begins with <annotations>; give VOC"),
        ("<html/>", "begins with <html>"),
        (
            "<annotation>\n<objects><object><name>dog</name></object></objects></annotation>",
            "line 2, has an <object> i",
        ),
        ('<?xml version="1.0" encoding="klingon"?><annotation/>', "the encoding 'klingon', which is not known"),
        ('<?xml version="1.0" encoding="hex"?><annotation/>', "is in the encoding 'hex', which is not known"),
        ('<?xml version="1.0" encoding="cp932"?><annotation>\udcff\udc81</annotation>', "not in the encoding 'cp932'"),
        ("", "is no XML"),
    ],
)
def test_that_what_would_lose_a_label_is_refused(tmp_path: Path, document: str, sentence: str) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(document.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=sentence) as refused:
        annotated_names(path)
    assert str(path) in str(refused.value)


def test_that_an_annotation_without_objects_is_an_image_of_nothing(tmp_path: Path) -> None:
    assert annotated_names(_written(tmp_path, "<annotation><filename>a.jpg</filename></annotation>")) == ()
