<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields|Forms|MapTips|Rendering" labelsEnabled="1" hasScaleBasedVisibilityFlag="1" minScale="100000000" maxScale="15000">
  <fieldConfiguration>
    <field name="fid" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="name" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="priority" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="area_m2" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="cut_off" configurationFlags="None"><editWidget type="CheckBox"><config><Option/></config></editWidget></field>
    <field name="confidence" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="ce90_m" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="source" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="review" configurationFlags="None"><editWidget type="ValueMap"><config><Option type="Map"><Option name="map" type="List"><Option type="Map"><Option name="" type="QString" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/></Option><Option type="Map"><Option name="Confirmed" type="QString" value="confirmed"/></Option><Option type="Map"><Option name="Doubtful" type="QString" value="doubtful"/></Option><Option type="Map"><Option name="Visited" type="QString" value="visited"/></Option></Option></Option></config></editWidget></field>
    <field name="note" configurationFlags="None"><editWidget type="TextEdit"><config><Option type="Map"><Option name="IsMultiline" type="bool" value="true"/></Option></config></editWidget></field>
    <field name="last_seen" configurationFlags="None"><editWidget type="DateTime"><config><Option type="Map"><Option name="display_format" type="QString" value="yyyy-MM-dd HH:mm:ss"/><Option name="field_format" type="QString" value="yyyy-MM-dd HH:mm:ss"/><Option name="allow_null" type="bool" value="true"/></Option></config></editWidget></field>
    <field name="latitude" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="longitude" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="survey" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
    <field name="id" configurationFlags="None"><editWidget type="TextEdit"><config><Option/></config></editWidget></field>
  </fieldConfiguration>
  <aliases>
    <alias field="fid" index="0" name="Row"/>
    <alias field="name" index="1" name="Name"/>
    <alias field="priority" index="2" name="Priority"/>
    <alias field="area_m2" index="3" name="Area (m²)"/>
    <alias field="cut_off" index="4" name="Continues outside"/>
    <alias field="confidence" index="5" name="Confidence (0 to 1)"/>
    <alias field="ce90_m" index="6" name="Position error CE90 (m)"/>
    <alias field="source" index="7" name="Source"/>
    <alias field="review" index="8" name="Review"/>
    <alias field="note" index="9" name="Note"/>
    <alias field="last_seen" index="10" name="Last seen (UTC)"/>
    <alias field="latitude" index="11" name="Latitude (°)"/>
    <alias field="longitude" index="12" name="Longitude (°)"/>
    <alias field="survey" index="13" name="Survey"/>
    <alias field="id" index="14" name="Identity"/>
  </aliases>
  <editable>
    <field name="fid" editable="0"/>
    <field name="name" editable="0"/>
    <field name="priority" editable="0"/>
    <field name="area_m2" editable="0"/>
    <field name="cut_off" editable="0"/>
    <field name="confidence" editable="0"/>
    <field name="ce90_m" editable="0"/>
    <field name="source" editable="0"/>
    <field name="review" editable="0"/>
    <field name="note" editable="0"/>
    <field name="last_seen" editable="0"/>
    <field name="latitude" editable="0"/>
    <field name="longitude" editable="0"/>
    <field name="survey" editable="0"/>
    <field name="id" editable="0"/>
  </editable>
  <renderer-v2 type="categorizedSymbol" attr="priority" enableorderby="0" forceraster="0" symbollevels="0">
    <categories>
      <category value="1 high" type="string" symbol="0" label="High priority" render="true"/>
      <category value="2 medium" type="string" symbol="1" label="Medium priority" render="true"/>
      <category value="3 low" type="string" symbol="2" label="Low priority" render="true"/>
      <category value="" type="string" symbol="3" label="Not classed" render="true"/>
    </categories>
    <symbols>
      <symbol name="0" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0"><Option type="Map"><Option name="name" type="QString" value="circle"/><Option name="color" type="QString" value="189,0,38,255"/><Option name="outline_color" type="QString" value="255,255,255,255"/><Option name="outline_style" type="QString" value="solid"/><Option name="outline_width" type="QString" value="0.5"/><Option name="outline_width_unit" type="QString" value="MM"/><Option name="size" type="QString" value="4"/><Option name="size_unit" type="QString" value="MM"/></Option></layer>
      </symbol>
      <symbol name="1" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0"><Option type="Map"><Option name="name" type="QString" value="circle"/><Option name="color" type="QString" value="244,109,19,255"/><Option name="outline_color" type="QString" value="255,255,255,255"/><Option name="outline_style" type="QString" value="solid"/><Option name="outline_width" type="QString" value="0.5"/><Option name="outline_width_unit" type="QString" value="MM"/><Option name="size" type="QString" value="3.2"/><Option name="size_unit" type="QString" value="MM"/></Option></layer>
      </symbol>
      <symbol name="2" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0"><Option type="Map"><Option name="name" type="QString" value="circle"/><Option name="color" type="QString" value="253,200,71,255"/><Option name="outline_color" type="QString" value="255,255,255,255"/><Option name="outline_style" type="QString" value="solid"/><Option name="outline_width" type="QString" value="0.5"/><Option name="outline_width_unit" type="QString" value="MM"/><Option name="size" type="QString" value="2.6"/><Option name="size_unit" type="QString" value="MM"/></Option></layer>
      </symbol>
      <symbol name="3" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0"><Option type="Map"><Option name="name" type="QString" value="circle"/><Option name="color" type="QString" value="136,136,136,255"/><Option name="outline_color" type="QString" value="255,255,255,255"/><Option name="outline_style" type="QString" value="solid"/><Option name="outline_width" type="QString" value="0.5"/><Option name="outline_width_unit" type="QString" value="MM"/><Option name="size" type="QString" value="2.6"/><Option name="size_unit" type="QString" value="MM"/></Option></layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <labeling type="simple">
    <settings calloutType="simple">
      <text-style fieldName="&quot;name&quot;" isExpression="1" fontFamily="Noto Sans" fontSize="8" fontSizeUnit="Point" fontWeight="75" textColor="34,34,34,255" textOpacity="1" multilineHeight="0.9">
        <text-buffer bufferDraw="1" bufferSize="0.9" bufferSizeUnits="MM" bufferColor="255,255,255,255" bufferOpacity="0.85" bufferNoFill="1" bufferJoinStyle="128"/>
      </text-style>
      <text-format multilineAlign="1" plussign="0" formatNumbers="0"/>
      <placement placement="0" dist="1" distUnits="MM" priority="8"/>
      <rendering scaleVisibility="1" scaleMin="1" scaleMax="100000" obstacle="1" obstacleFactor="1" obstacleType="1" displayAll="0" fontLimitPixelSize="0" limitNumLabels="0"/>
    </settings>
  </labeling>
  <previewExpression>&quot;name&quot;</previewExpression>
  <mapTip>&lt;b&gt;[% &quot;name&quot; %]&lt;/b&gt; [% &quot;priority&quot; %]&lt;br&gt;[% if(&quot;cut_off&quot;, 'at least ', '') || format_number(&quot;area_m2&quot;, 0) %] m², confidence [% coalesce(format_number(&quot;confidence&quot;, 2), 'not measured') %], position error [% coalesce(format_number(&quot;ce90_m&quot;, 1) || ' m', 'unknown') %]&lt;br&gt;[% coalesce(&quot;review&quot;, '') || ' ' || coalesce(&quot;note&quot;, '') %]</mapTip>
</qgis>
