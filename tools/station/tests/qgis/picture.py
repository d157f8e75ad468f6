"""Draws a store as QGIS shows it: arguments are the store, the picture, and how much wider than what was searched it is."""

import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()

store, picture, wider = sys.argv[1], sys.argv[2], float(sys.argv[3])
layers = []
for name in ["landslide_points", "landslides", "sites", "coverage", "footprints"]:
    layer = QgsVectorLayer(f"{store}|layername={name}", name, "ogr")
    assert layer.isValid(), f"QGIS does not open {name}"
    layers.append(layer)

settings = QgsMapSettings()
settings.setLayers(layers)
settings.setOutputSize(QSize(1500, 1000))
settings.setOutputDpi(110)
settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
settings.setBackgroundColor(QColor("#ffffff"))
to_map = QgsCoordinateTransform(layers[0].crs(), settings.destinationCrs(), QgsProject.instance())
extent = to_map.transformBoundingBox(layers[-1].extent())
extent.scale(wider)
settings.setExtent(extent)
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
assert not job.errors(), job.errors()
assert job.renderedImage().save(picture), f"{picture} cannot be written"
print(f"1:{settings.scale():.0f}")
# Without tidying up, by which some of its versions crash.
sys.stdout.flush()
os._exit(0)
