"""Edits a store in QGIS as a crew does: argument is the store. Ends with 1 where QGIS does not take the edits."""

import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import QgsApplication, QgsFeature, QgsGeometry, QgsVectorLayer

QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()

store = sys.argv[1]
layer = QgsVectorLayer(f"{store}|layername=landslides", "landslides", "ogr")
assert layer.isValid(), "QGIS does not open the layer"
assert layer.renderer().type() == "categorizedSymbol", "QGIS does not take the style"
assert layer.attributeDisplayName(layer.fields().indexOf("area_m2")) == "Area (m²)"
named = {feature["name"]: feature for feature in layer.getFeatures()}
column = layer.fields().indexOf

assert layer.startEditing()
layer.changeAttributeValue(named["L-01"].id(), column("area_m2"), 4242.0)
layer.changeAttributeValue(named["L-01"].id(), column("note"), "road blocked")
moved = QgsGeometry(named["L-02"].geometry())
moved.translate(0.0005, 0)
layer.changeGeometry(named["L-02"].id(), moved)
layer.deleteFeature(named["L-03"].id())
layer.changeAttributeValue(named["L-04"].id(), column("review"), "confirmed")
drawn = QgsFeature(layer.fields())
drawn.setGeometry(QgsGeometry.fromWkt("MultiPolygon(((7.0002 46.0002,7.0005 46.0002,7.0005 46.0005,7.0002 46.0002)))"))
drawn["note"] = "missed"
layer.addFeature(drawn)
# As copying and pasting in QGIS does: with all its columns.
pasted = QgsFeature(named["L-05"])
pasted["fid"] = None
beside = QgsGeometry(pasted.geometry())
beside.translate(0, 0.02)
pasted.setGeometry(beside)
layer.addFeature(pasted)
if not layer.commitChanges():
    sys.exit(f"QGIS: {layer.commitErrors()}")
# Without tidying up, by which some of its versions crash.
sys.stdout.flush()
os._exit(0)
