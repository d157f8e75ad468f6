"""A vehicle for the tests: speaks MAVLink 2 by pymavlink, over UDP, until its standard input ends.

Argument: PORT. Sends heartbeats, attitudes, positions and a gimbal to 127.0.0.1:PORT and answers TIMESYNC.
At the end it prints what it heard, one JSON object a line. Needs pymavlink 2.4.50
and numpy.
"""

import json
import math
import os
import sys
import threading
import time

os.environ["MAVLINK20"] = "1"
os.environ["MAVLINK_DIALECT"] = "common"
from pymavlink import mavutil
from pymavlink.quaternion import QuaternionBase

BOOTED = time.monotonic() - 300.0
ROLL, PITCH, YAW = (math.radians(angle) for angle in (10.0, -20.0, 130.0))


def boot_ns():
    return int((time.monotonic() - BOOTED) * 1e9)


def main():
    port = int(sys.argv[1])
    link = mavutil.mavlink_connection(f"udpout:127.0.0.1:{port}", source_system=1, source_component=1)
    mavlink = mavutil.mavlink
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    heard = []
    step = 0
    while not ended.is_set():
        ms = boot_ns() // 1_000_000
        if step % 25 == 0:
            link.mav.heartbeat_send(
                mavlink.MAV_TYPE_QUADROTOR, mavlink.MAV_AUTOPILOT_PX4, mavlink.MAV_MODE_FLAG_SAFETY_ARMED, 0,
                mavlink.MAV_STATE_ACTIVE)
            link.mav.system_time_send(1_790_000_000_000_000 + ms * 1000, ms)
        link.mav.attitude_send(ms, ROLL, PITCH, YAW, 0, 0, 0)
        link.mav.attitude_quaternion_send(ms, *QuaternionBase([ROLL, PITCH, YAW]).q, 0, 0, 0)
        link.mav.global_position_int_send(ms, 278_000_000, 859_000_000, 2_400_500, 120_250, 1200, -350, 0, 13_000)
        link.mav.gps_raw_int_send(
            ms * 1000, mavlink.GPS_FIX_TYPE_RTK_FLOAT, 278_000_000, 859_000_000, 2_400_500, 65_535, 65_535, 1250, 34_370, 17,
            alt_ellipsoid=2_371_000, h_acc=400, v_acc=700)
        link.mav.gimbal_device_attitude_status_send(
            0, 0, ms, mavlink.GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME,
            QuaternionBase([0.0, math.radians(-90.0), 0.0]).q, math.nan, math.nan, math.nan, 0)
        step += 1
        until = time.monotonic() + 0.02
        while (left := until - time.monotonic()) > 0:
            message = link.recv_match(blocking=True, timeout=left)
            if message is None:
                continue
            if message.get_type() == "TIMESYNC" and message.tc1 == 0:
                link.mav.timesync_send(boot_ns(), message.ts1)
            known = message.to_dict()
            known["from"] = [message.get_srcSystem(), message.get_srcComponent()]
            heard.append(known)
    for message in heard:
        print(json.dumps(message))


main()
