<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields|Forms|MapTips|Rendering" labelsEnabled="0" hasScaleBasedVisibilityFlag="1" minScale="4000" maxScale="0">
  <fieldConfiguration>
    <field name="fid" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="survey" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="run" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="sequence" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="name" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="time" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="gsd_m" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="untagged" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
  </fieldConfiguration>
  <aliases>
    <alias field="fid" index="0" name="Row"/>
    <alias field="survey" index="1" name="Survey"/>
    <alias field="run" index="2" name="Flight"/>
    <alias field="sequence" index="3" name="Frame"/>
    <alias field="name" index="4" name="File"/>
    <alias field="time" index="5" name="Exposed (UTC)"/>
    <alias field="gsd_m" index="6" name="Ground resolution (m)"/>
    <alias field="untagged" index="7" name="Not placed because"/>
  </aliases>
  <editable>
    <field name="fid" editable="0"/>
    <field name="survey" editable="0"/>
    <field name="run" editable="0"/>
    <field name="sequence" editable="0"/>
    <field name="name" editable="0"/>
    <field name="time" editable="0"/>
    <field name="gsd_m" editable="0"/>
    <field name="untagged" editable="0"/>
  </editable>
  <renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0">
    <symbols>
      <symbol name="0" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0"><Option type="Map"><Option name="color" type="QString" value="49,130,189,0"/><Option name="style" type="QString" value="solid"/><Option name="outline_color" type="QString" value="49,130,189,90"/><Option name="outline_style" type="QString" value="solid"/><Option name="outline_width" type="QString" value="0.2"/><Option name="outline_width_unit" type="QString" value="MM"/><Option name="joinstyle" type="QString" value="miter"/></Option></layer>
      </symbol>
    </symbols>
  </renderer-v2>
</qgis>
