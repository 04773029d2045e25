"""The functions that every exported URScript program carries."""

# robolab_knot moves on from the last knot to the next; robolab_wait is a knot that stands still;
# robolab_settle waits until the arm has made up for the look-ahead by which servoj lags.
FUNCTIONS = """\
  global rl_dt = get_steptime()
  global rl_ahead = 0.03
  global rl_gain = 500
  global rl_settle = 0.05
  global rl_q = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
  global rl_v = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
  global rl_a = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
  global rl_t = 0.0
  def robolab_start(q):
    if norm(get_actual_joint_positions() - q) > 0.5:
      popup("Move the arm near the start of the program first.", title="robolab", error=True, blocking=True)
      halt
    end
    movej(q, a=0.5, v=0.2)
    rl_q = q
    rl_t = rl_dt
  end
  def robolab_knot(h, q, v, a):
    local d = q - rl_q - rl_v * h - rl_a * (0.5 * h * h)
    local dv = v - rl_v - rl_a * h
    local da = a - rl_a
    local c3 = (d * 10.0 - dv * (4.0 * h) + da * (0.5 * h * h)) / (h * h * h)
    local c4 = (dv * (7.0 * h) - d * 15.0 - da * (h * h)) / (h * h * h * h)
    local c5 = (d * 6.0 - dv * (3.0 * h) + da * (0.5 * h * h)) / (h * h * h * h * h)
    local s = rl_t
    while s <= h:
      local p = rl_q + (rl_v + (rl_a * 0.5 + (c3 + (c4 + c5 * s) * s) * s) * s) * s
      servoj(p, t=rl_dt, lookahead_time=rl_ahead, gain=rl_gain)
      s = s + rl_dt
    end
    rl_t = s - h
    rl_q = q
    rl_v = v
    rl_a = a
  end
  def robolab_wait(h):
    robolab_knot(h, rl_q, rl_v, rl_a)
  end
  def robolab_settle():
    robolab_wait(rl_settle)
  end
"""
