<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields|Forms|MapTips|Rendering" labelsEnabled="0" hasScaleBasedVisibilityFlag="0">
  <aliases>
    <alias field="fid" index="0" name="Row"/>
    <alias field="survey" index="1" name="Survey"/>
    <alias field="area_km2" index="2" name="Searched (km²)"/>
    <alias field="frames" index="3" name="Frames"/>
  </aliases>
  <editable>
    <field name="fid" editable="0"/>
    <field name="survey" editable="0"/>
    <field name="area_km2" editable="0"/>
    <field name="frames" editable="0"/>
  </editable>
  <renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0">
    <symbols>
      <symbol name="0" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0"><Option type="Map"><Option name="color" type="QString" value="49,130,189,38"/><Option name="style" type="QString" value="solid"/><Option name="outline_color" type="QString" value="8,81,156,190"/><Option name="outline_style" type="QString" value="solid"/><Option name="outline_width" type="QString" value="0.4"/><Option name="outline_width_unit" type="QString" value="MM"/><Option name="joinstyle" type="QString" value="round"/></Option></layer>
      </symbol>
    </symbols>
  </renderer-v2>
</qgis>
