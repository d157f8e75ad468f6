//! `scarp-forge terrain`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::{Context, bail};
use scarp_forge::terrain::{self, Area, Options, Part, Prepared};
use scarp_geo::{DemStatement, GeoidGrid, Geoids, HeightUnit, VerticalDatum};

use super::{Outcome, print_json, progress::Progress};

const EXAMPLES: &str = "\
Examples:
  scarp-forge terrain site.kml --from Copernicus_DSM_*.tif --geoid egm2008-2_5.pgm --out dem.tif
  scarp-forge terrain survey.plan --from N46W092.hgt N46W093.hgt --margin 2000 --picture dem.png
  scarp-forge terrain -92.2,46.5,-92.0,46.6 --from lidar/ --dem-datum ellipsoid --cell 2
  scarp replay photos --dem dem.tif

AREA is a box WEST,SOUTH,EAST,NORTH in degrees, or a file: polygons (.geojson), a drawing of Google Earth (.kml), or a plan of
QGroundControl (.plan: take-off, waypoints, survey areas). The model covers its convex hull and the margin, since a camera that
looks ahead sees beyond the area.

What comes out is one GeoTIFF in metres in the area's UTM zone, over the vertical datum that its keys name. Heights come from the
source with the smallest cells, bilinear between them. EGM96 is built in, on the aircraft too, so that such a model needs no geoid in
flight. Sources have to be over one datum: prepare those over others one by one, and then all of them together.

Where elevation models are: Copernicus GLO-30 (EGM2008) at registry.opendata.aws/copernicus-dem and opentopography.org; SRTM (EGM96)
at earthexplorer.usgs.gov; lidar at national mapping agencies, over datums of their own. A grid of EGM2008 for --geoid:
  egm2008-2_5.pgm          apt install geographiclib-tools; geographiclib-get-geoids egm2008-2_5
  us_nga_egm08_25.tif      https://cdn.proj.org/us_nga_egm08_25.tif";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Box of degrees, or file with an area
    #[arg(allow_hyphen_values = true)]
    area: String,
    /// Elevation models: GeoTIFF, .hgt of SRTM, or folders of them
    #[arg(long, value_name = "FILES", required = true, num_args = 1..)]
    from: Vec<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "dem.tif")]
    out: PathBuf,
    /// How far the model reaches beyond the area, in metres
    #[arg(long, value_name = "METRES", default_value_t = 1000.0, value_parser = margin)]
    margin: f64,
    /// Side of its cells in metres [default: half that of the smallest cells that the sources have in the area, or those cells themselves
    /// where they lie in the same UTM zone]
    #[arg(long, value_name = "METRES", value_parser = cell)]
    cell: Option<f64>,
    /// What its heights are to be over: ellipsoid, egm96 or egm2008
    #[arg(long, value_name = "DATUM", default_value = "egm96")]
    datum: VerticalDatum,
    /// EGM2008, where heights over it become others or others become such: as GeographicLib has it (.pgm), or PROJ (.tif, .gtx)
    #[arg(long, value_name = "FILE")]
    geoid: Option<PathBuf>,
    /// Vertical datum of the sources, where their files do not say: ellipsoid, egm96 or egm2008
    #[arg(long, value_name = "DATUM")]
    dem_datum: Option<VerticalDatum>,
    /// Unit of their heights, where their files do not say: metre, foot or us-survey-foot
    #[arg(long, value_name = "UNIT")]
    dem_unit: Option<HeightUnit>,
    /// The datum and unit named hold even where the files say otherwise
    #[arg(long)]
    dem_override: bool,
    /// Write a picture of the model as well (hill shade, gaps in magenta, the area's outline)
    #[arg(long, value_name = "FILE.png")]
    picture: Option<PathBuf>,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let is_png = |path: &PathBuf| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("png"))
    };
    if let Some(path) = args.picture.as_ref().filter(|path| !is_png(path)) {
        bail!("{}: end the picture's name in .png", path.display());
    }
    let geoids = match &args.geoid {
        Some(path) => Geoids::with_egm2008(GeoidGrid::open(path)?),
        None => Geoids::default(),
    };
    let options = Options {
        area: Area::read(&args.area)?,
        from: args.from.clone(),
        stated: DemStatement {
            datum: args.dem_datum,
            unit: args.dem_unit,
            overrides: args.dem_override,
        },
        geoids,
        datum: args.datum,
        margin_m: args.margin,
        cell_m: args.cell,
        out: args.out.clone(),
        picture: args.picture.clone(),
    };
    let bar = Progress::new("terrain", 1);
    let prepared = terrain::prepare(&options, |what, done, all| {
        bar.working_on(what.to_owned());
        bar.done(done, all);
    });
    drop(bar);
    let prepared = prepared?;
    for remark in &prepared.remarks {
        eprintln!("{remark}");
    }
    for line in missing(&prepared) {
        eprintln!("{line}");
    }
    if args.json {
        print_json(&prepared)?;
    } else {
        print_report(&prepared, &options, &mut io::stdout().lock()).context("standard output")?;
    }
    Ok(if prepared.area.share_missing() > 0.0 {
        Outcome::Warnings
    } else {
        Outcome::Success
    })
}

/// What has no height, in a line for the area and one for the margin.
fn missing(prepared: &Prepared) -> Vec<String> {
    let share = |part: &Part| {
        format!(
            "{:.1} % has no height ({} of {} cells lie in gaps of the sources, {} beyond them)",
            (100.0 * part.share_missing()).max(0.1),
            part.voids,
            part.cells,
            part.uncovered
        )
    };
    let mut lines = Vec::new();
    if let Some([west, south, east, north]) = prepared.missing_deg {
        lines.push(format!(
            "of the area {}, between latitude {south:.5} and {north:.5}, longitude {west:.5} and {east:.5}; name elevation models that have it with --from",
            share(&prepared.area)
        ));
    }
    if prepared.margin.share_missing() > 0.0 {
        lines.push(format!("of the margin {}", share(&prepared.margin)));
    }
    lines
}

fn print_report(done: &Prepared, options: &Options, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "area       {}, and {} m around it",
        options.area, options.margin_m
    )?;
    for source in &done.sources {
        writeln!(
            out,
            "from       {}: EPSG:{}, cells of {:.3} m, {} over {}",
            source.path.display(),
            source.epsg,
            source.cell_m,
            source.unit,
            source.datum
        )?;
    }
    if let Some((least, most)) = done.datum_change_m {
        writeln!(
            out,
            "datum      {} now: {least:+.2} to {most:+.2} m",
            done.datum
        )?;
    }
    if let Some(apart) = done.resampling {
        writeln!(
            out,
            "resampled  {:.2} m from the sources at nine of ten places, {:.2} m at most",
            apart.p90_m, apart.most_m
        )?;
    }
    writeln!(
        out,
        "model      {}: EPSG:{}, {} x {} cells of {} m, metre over {}, {:.1} to {:.1} m",
        done.out.display(),
        done.epsg,
        done.columns,
        done.rows,
        done.cell_m,
        done.datum,
        done.lowest_m,
        done.highest_m
    )
}

fn margin(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(metres) if (0.0..=100_000.0).contains(&metres) => Ok(metres),
        _ => Err("a number of metres from 0 to 100000".to_owned()),
    }
}

fn cell(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(metres) if (0.01..=10_000.0).contains(&metres) => Ok(metres),
        _ => Err("a number of metres from 0.01 to 10000".to_owned()),
    }
}
