"""What runs beside a student's code, inside the sandbox; the only folder of course_tools that it can see."""
