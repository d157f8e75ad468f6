<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields|Forms|MapTips|Rendering" labelsEnabled="0" hasScaleBasedVisibilityFlag="0">
  <aliases>
    <alias field="fid" index="0" name="Row"/>
    <alias field="name" index="1" name="Site"/>
    <alias field="priority" index="2" name="Priority"/>
    <alias field="area_m2" index="3" name="Area (m²)"/>
    <alias field="landslides" index="4" name="Landslides"/>
    <alias field="flights" index="5" name="Flights"/>
    <alias field="first_seen" index="6" name="First seen (UTC)"/>
    <alias field="last_seen" index="7" name="Last seen (UTC)"/>
  </aliases>
  <editable>
    <field name="fid" editable="0"/>
    <field name="name" editable="0"/>
    <field name="priority" editable="0"/>
    <field name="area_m2" editable="0"/>
    <field name="landslides" editable="0"/>
    <field name="flights" editable="0"/>
    <field name="first_seen" editable="0"/>
    <field name="last_seen" editable="0"/>
  </editable>
  <renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0">
    <symbols>
      <symbol name="0" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0"><Option type="Map"><Option name="style" type="QString" value="no"/><Option name="outline_color" type="QString" value="84,39,143,230"/><Option name="outline_style" type="QString" value="dash"/><Option name="outline_width" type="QString" value="0.5"/><Option name="outline_width_unit" type="QString" value="MM"/><Option name="joinstyle" type="QString" value="round"/></Option></layer>
      </symbol>
    </symbols>
  </renderer-v2>
</qgis>
